"""A connection to the service with one token, and the streams on it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc

from .errors import PresenceError
from .tokens import TokenSource
from .v1.events_service_pb2_grpc import EventsServiceStub
from .v1.moderation_service_pb2_grpc import ModerationServiceStub
from .v1.presence_service_pb2_grpc import PresenceServiceStub
from .v1.session_service_pb2_grpc import SessionServiceStub

CHANNEL_OPTIONS = (
    ('grpc.keepalive_time_ms', 20_000),
    ('grpc.keepalive_timeout_ms', 5_000),
    # Otherwise grpcio stops its PINGs on a stream on which the client sends nothing.
    ('grpc.http2.max_pings_without_data', 0),
    # Without this, all channels to one address share a connection, also to a node that stops.
    ('grpc.use_local_subchannel_pool', 1),
)

#: The number of messages that wait for the program. The service keeps the others.
UNREAD_LIMIT = 16

M = TypeVar('M')


@dataclass(frozen=True)
class Options:
    """The options that all parts of a client share."""

    address: str
    tokens: TokenSource
    credentials: grpc.ChannelCredentials | None
    #: The RPC deadline of unary calls, and the time limit for the first message of a stream, in seconds.
    timeout: float
    #: The time without a message after which a stream counts as lost, in seconds.
    silence_timeout: float
    on_reconnect: Callable[[PresenceError, float], None]


class Connection:
    """A channel of its own: a new one is a new connection, so that a client can leave a node that stops."""

    def __init__(self, options: Options, token: str) -> None:
        self.token = token
        self._timeout = options.timeout
        self._metadata = (('authorization', f'Bearer {token}'),)
        self._channel = (
            grpc.insecure_channel(options.address, options=CHANNEL_OPTIONS)
            if options.credentials is None
            else grpc.secure_channel(options.address, options.credentials, options=CHANNEL_OPTIONS)
        )
        self.sessions = SessionServiceStub(self._channel)
        self.presences = PresenceServiceStub(self._channel)
        self.events = EventsServiceStub(self._channel)
        self.moderation = ModerationServiceStub(self._channel)

    def call(self, method: Any, request: Any, timeout: float | None = None) -> Any:
        """Calls a unary method of one of the stubs."""
        try:
            return method(request, metadata=self._metadata, timeout=self._timeout if timeout is None else timeout)
        except grpc.RpcError as error:
            raise PresenceError.of(error) from error
        except ValueError as error:
            raise PresenceError(grpc.StatusCode.UNAVAILABLE, 'the connection was closed') from error

    def send(self, method: Any, request: Any) -> None:
        """Calls a unary method and ignores its result."""
        try:
            method.future(request, metadata=self._metadata, timeout=self._timeout)
        except ValueError:
            # The channel is closed, and so is the session.
            pass

    def open(self, method: Any, request: Any) -> 'MessageStream[Any]':
        """Opens a stream, with no RPC deadline: it would end the stream."""
        return MessageStream(method(request, metadata=self._metadata))

    def close(self) -> None:
        self._channel.close()


class MessageStream(Generic[M]):
    """Reads a stream in a thread of its own, so that a reader can wait with a time limit."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._unread: deque[M] = deque()
        self._end: PresenceError | None = None
        self._is_closed = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, name='presence-stream', daemon=True).start()

    def next(self, timeout: float) -> M | None:
        """Returns the next message, or None after `timeout` seconds. Raises a PresenceError at the end."""
        until = time.monotonic() + timeout
        with self._changed:
            while not self._unread and self._end is None:
                rest = until - time.monotonic()
                if rest <= 0:
                    return None
                self._changed.wait(rest)
            if not self._unread:
                assert self._end is not None
                raise self._end
            message = self._unread.popleft()
            self._changed.notify_all()
            return message

    def close(self) -> None:
        """Ends the stream. `next` returns no more messages."""
        with self._changed:
            self._is_closed = True
            self._unread.clear()
            self._end = self._end or PresenceError(grpc.StatusCode.CANCELLED, 'the stream was closed')
            self._changed.notify_all()
        self._call.cancel()

    def _read(self) -> None:
        # The service never ends a stream with OK, so a clean end comes from a proxy.
        end = PresenceError(grpc.StatusCode.UNAVAILABLE, 'the stream ended without a reason')
        try:
            for message in self._call:
                with self._changed:
                    while len(self._unread) >= UNREAD_LIMIT and not self._is_closed:
                        self._changed.wait()
                    if self._is_closed:
                        return
                    self._unread.append(message)
                    self._changed.notify_all()
        except grpc.RpcError as error:
            end = PresenceError.of(error)
        with self._changed:
            self._end = self._end or end
            self._changed.notify_all()
