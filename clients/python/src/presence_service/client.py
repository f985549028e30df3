"""The entry point of the package."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

import grpc

from .backoff import Backoff
from .connection import Connection, Options
from .errors import PresenceError
from .session import Session, SessionState
from .subscription import Subscription
from .tokens import TokenSource
from .v1.events_service_pb2 import DELIVERY_UNSPECIFIED, SubscribeRequest
from .v1.presence_pb2 import Presence
from .v1.presence_service_pb2 import GetPresenceRequest, ListChannelMembersRequest, ListOnlineUsersRequest
from .v1.session_service_pb2 import ConnectRequest

log = logging.getLogger('presence_service')


def _log_reconnect(error: PresenceError, pause: float) -> None:
    log.warning('%s; connecting again in %.1f s', error, pause)


class PresenceClient:
    """Calls the service as one user.

    `token` is a JWT, or a function that returns one. The client calls the function when it needs a token: at first, before
    the token expires, and after the service rejected one. `credentials` are those of grpc.ssl_channel_credentials(); without
    them the connection is not encrypted. `timeout` is the RPC deadline of calls, and the time for which they wait for a
    connection, in seconds. A stream without a message for `silence_timeout` seconds counts as lost. `on_reconnect` receives
    the error and the pause in seconds; by default they are logged.
    """

    def __init__(
        self,
        address: str,
        token: str | Callable[[], str],
        *,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 5.0,
        silence_timeout: float = 45.0,
        on_reconnect: Callable[[PresenceError, float], None] = _log_reconnect,
    ) -> None:
        self._options = Options(address, TokenSource(token), credentials, timeout, silence_timeout, on_reconnect)
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._sessions: list[Session] = []

    def connect(
        self,
        platform: str = '',
        *,
        microphone_muted: bool | None = None,
        speaker_muted: bool | None = None,
        attributes: Mapping[str, str] | None = None,
        require_heartbeats: bool = False,
        on_state: Callable[[SessionState], None] = lambda state: None,
    ) -> Session:
        """Begins a session and keeps it until it is closed. Returns at once.

        `on_state` is called in the thread of the session. Set `require_heartbeats` behind a proxy that terminates HTTP/2.
        """
        request = ConnectRequest(
            platform=platform,
            is_microphone_muted=microphone_muted,  # type: ignore[arg-type]
            is_speaker_muted=speaker_muted,  # type: ignore[arg-type]
            require_heartbeats=require_heartbeats,
        )
        session = Session(self._options, request, attributes or {}, on_state)
        self._sessions.append(session)
        return session

    def subscribe(
        self,
        *,
        user_ids: Iterable[str] = (),
        channel_ids: Iterable[str] = (),
        group_ids: Iterable[str] = (),
        kinds: Iterable[int] = (),
        resume_token: str = '',
        skip_snapshot: bool = False,
        delivery: int = DELIVERY_UNSPECIFIED,
    ) -> Subscription:
        """Follows users. Without users, channels and groups: all users whom the caller may see."""
        request = SubscribeRequest(
            user_ids=user_ids,
            channel_ids=channel_ids,
            group_ids=group_ids,
            kinds=kinds,  # type: ignore[arg-type]
            resume_token=resume_token,
            skip_snapshot=skip_snapshot,
            delivery=delivery,  # type: ignore[arg-type]
        )
        return Subscription(self._options, request)

    def call(self, method: Callable[[Connection], Any], request: Any) -> Any:
        """Calls any unary method: `client.call(lambda c: c.presences.GetPresence, GetPresenceRequest(user_id='ann'))`.

        Repeats the call while the service is unavailable, up to `timeout`, and once with a new token.
        """
        until = time.monotonic() + self._options.timeout
        backoff = Backoff()
        while True:
            connection: Connection | None = None
            try:
                connection = self._connected()
                response = connection.call(method(connection), request, max(0.001, until - time.monotonic()))
                self._options.tokens.accept(connection.token)
                return response
            except PresenceError as error:
                rest = 0.0
                if error.code is grpc.StatusCode.UNAUTHENTICATED and connection is not None:
                    rest = self._options.tokens.reject(connection.token, error)
                elif error.code is grpc.StatusCode.UNAVAILABLE:
                    self._leave(connection)
                else:
                    raise
                pause = max(rest, backoff.next(error.retry_after))
                if time.monotonic() + pause >= until:
                    raise
                time.sleep(pause)

    def get(self, user_id: str) -> Presence:
        """Returns the presence of a user. An unknown user is OFFLINE."""
        presence: Presence = self.call(lambda c: c.presences.GetPresence, GetPresenceRequest(user_id=user_id)).presence
        return presence

    def list_online(self, group_id: str = '') -> Iterator[Presence]:
        """Yields all users who are not OFFLINE, page by page."""
        request = ListOnlineUsersRequest(group_id=group_id)
        return self._pages(lambda c: c.presences.ListOnlineUsers, request)

    def list_members(self, channel_id: str) -> Iterator[Presence]:
        """Yields all users in a channel, page by page."""
        request = ListChannelMembersRequest(channel_id=channel_id)
        return self._pages(lambda c: c.presences.ListChannelMembers, request)

    def close(self) -> None:
        """Closes all sessions, and the connection of the calls. Subscriptions are closed by their own `close`."""
        for session in self._sessions:
            session.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> 'PresenceClient':
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pages(self, method: Callable[[Connection], Any], request: Any) -> Iterator[Presence]:
        while True:
            page = self.call(method, request)
            yield from page.presences
            request.page_token = page.next_page_token
            if not page.next_page_token:
                return

    def _connected(self) -> Connection:
        token = self._options.tokens.get()
        with self._lock:
            if self._connection is None or self._connection.token != token:
                # Calls that still run on the previous connection end there.
                self._connection = Connection(self._options, token)
            return self._connection

    def _leave(self, connection: Connection | None) -> None:
        # It is not closed here: other threads may still call over it. It closes when the last of them has finished.
        with self._lock:
            if self._connection is connection:
                self._connection = None
