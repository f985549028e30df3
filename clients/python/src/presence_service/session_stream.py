"""The stream of one session of the service."""

import math
import time
from typing import Any

from .connection import Connection, MessageStream
from .tokens import expiry_of
from .v1.session_service_pb2 import ConnectResponse

#: The minimum time between two moves to a newer token, in seconds.
RENEWAL_PAUSE_SECONDS = 4.0
RENEWAL_LEAD_SECONDS = 30.0


class SessionStream:
    """The stream of one session of the service."""

    def __init__(self, connection: Connection, messages: 'MessageStream[ConnectResponse]', started: Any) -> None:
        self.connection = connection
        self.messages = messages
        self.session_id: str = started.session.session_id
        self.sends_heartbeats: bool = started.heartbeat_timeout_ms != 0
        self.began = time.monotonic()
        # By the clock of the service, so that the clock of this machine can be wrong.
        rest = expiry_of(connection.token) - started.session.connected_at.ToNanoseconds() / 1e9
        lead = min(RENEWAL_LEAD_SECONDS, rest / 10)
        self.renew_at: float = math.inf
        if rest < math.inf:
            self.renew_at = self.began + max(RENEWAL_PAUSE_SECONDS, rest - lead)
        self.drain_at: float = math.inf

    def close(self) -> None:
        self.messages.close()
        self.connection.close()
