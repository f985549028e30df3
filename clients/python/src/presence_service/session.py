"""A session that reconnects by itself."""

import enum
import math
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import grpc

from .backoff import Backoff
from .choices import KnownChoices
from .connection import Connection, MessageStream, Options
from .errors import PresenceError
from .session_commands import SessionCommands
from .session_stream import RENEWAL_PAUSE_SECONDS, SessionStream
from .tokens import expiry_of
from .v1.presence_pb2 import Presence
from .v1.presence_service_pb2 import Choices
from .v1.session_service_pb2 import ConnectRequest, ConnectResponse, HeartbeatRequest

#: After these errors of a command, the same command can succeed on the next session.
REPEATED = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
    }
)


class SessionState(enum.Enum):
    CONNECTING = 'connecting'
    ONLINE = 'online'
    RECONNECTING = 'reconnecting'
    #: Final: `Session.error` says why.
    CLOSED = 'closed'


class Session(SessionCommands):
    """Keeps the user online until `close`, over lost connections, restarts of the service and expired tokens.

    Commands block until the service has carried them out. Without a connection they wait for one, up to the `timeout` of the
    client.
    """

    def __init__(
        self,
        options: Options,
        request: ConnectRequest,
        attributes: Mapping[str, str],
        on_state: Callable[[SessionState], None],
    ) -> None:
        super().__init__(attributes)
        self._options = options
        self._request = request
        self._on_state = on_state
        self._choices = KnownChoices()
        self._token = ''
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._state = SessionState.CONNECTING
        self._stream: SessionStream | None = None
        self._presence: Presence | None = None
        self._error: PresenceError | None = None
        self._thread = threading.Thread(target=self._run, name='presence-session', daemon=True)
        self._thread.start()

    @property
    def state(self) -> SessionState:
        return self._state

    @property
    def session_id(self) -> str:
        """The id of the current session. Empty without a connection. It changes with every reconnect."""
        stream = self._stream
        return '' if stream is None else stream.session_id

    @property
    def presence(self) -> Presence | None:
        """The user's own presence as of the last start or command."""
        return self._presence

    @property
    def error(self) -> PresenceError | None:
        """Why the session is RECONNECTING or CLOSED. None: the program closed it."""
        return self._error

    def wait_until_online(self, timeout: float | None = None) -> None:
        """Waits for a connection. Raises the error of a closed session, or TimeoutError."""
        with self._changed:
            done = (SessionState.ONLINE, SessionState.CLOSED)
            if not self._changed.wait_for(lambda: self._state in done, timeout):
                raise TimeoutError(f'the session is still {self._state.value}: {self._error}')
            if self._state is SessionState.CLOSED:
                raise self._error or _closed()

    def wait_until_closed(self, timeout: float | None = None) -> bool:
        """Waits for the end of the session. Returns whether it has ended."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state is SessionState.CLOSED, timeout)

    def close(self) -> None:
        """Ends the session: the user goes offline unless another session exists."""
        self._closing.set()
        with self._changed:
            stream = self._stream
        if stream is not None:
            stream.messages.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(self._options.timeout)

    def __enter__(self) -> 'Session':
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _command(self, method: Callable[[Connection], Any], request: Callable[[str], Any]) -> Presence:
        until = time.monotonic() + self._options.timeout
        backoff = Backoff()
        while True:
            self._await_stream(until)
            try:
                with self._commands:
                    stream = self._stream
                    if stream is None:
                        continue
                    rest = max(0.001, until - time.monotonic())
                    response = stream.connection.call(method(stream.connection), request(stream.session_id), rest)
                    if isinstance(getattr(response, 'choices', None), Choices):
                        self._choices.learn(response.choices)
                    self._presence = response.presence
                    return response.presence  # type: ignore[no-any-return]
            except PresenceError as error:
                pause = backoff.next(error.retry_after)
                may_repeat = error.code in REPEATED or error.reason == 'SESSION_NOT_FOUND'
                if not may_repeat or time.monotonic() + pause >= until:
                    raise
                self._closing.wait(pause)

    def _await_stream(self, until: float) -> None:
        with self._changed:
            done = self._changed.wait_for(
                lambda: self._stream is not None or self._state is SessionState.CLOSED, until - time.monotonic()
            )
            if self._state is SessionState.CLOSED:
                raise self._error or _closed()
            if not done:
                raise self._error or PresenceError(grpc.StatusCode.DEADLINE_EXCEEDED, 'there is no session yet')

    def _run(self) -> None:
        backoff = Backoff()
        error: PresenceError | None = None
        try:
            while not self._closing.is_set():
                stream: SessionStream | None = None
                began = time.monotonic()
                try:
                    stream = self._begin()
                    self._adopt(stream)
                    while True:
                        began = stream.began
                        stream = self._hold(stream)
                except PresenceError as caught:
                    error = caught
                if self._closing.is_set():
                    break
                held = time.monotonic() - began
                rest = max(0.0, stream.drain_at - time.monotonic()) if stream and stream.drain_at < math.inf else 0.0
                if error.code is grpc.StatusCode.UNAUTHENTICATED:
                    rest = self._options.tokens.reject(self._token, error)
                elif not error.is_retryable:
                    raise error
                pause = max(rest, backoff.next(error.retry_after, held))
                self._lose(SessionState.RECONNECTING, error)
                self._options.on_reconnect(error, pause)
                self._closing.wait(pause)
            self._lose(SessionState.CLOSED, None)
        except PresenceError as final:
            self._lose(SessionState.CLOSED, final)
        except BaseException as fault:
            # A fault of the program, such as an exception in on_state. Waiting callers must not wait for ever.
            self._lose(SessionState.CLOSED, PresenceError(grpc.StatusCode.UNKNOWN, repr(fault)))
            raise

    def _begin(self) -> SessionStream:
        """Opens a stream, and waits until the session has started."""
        options = self._options
        token = self._token = options.tokens.get()
        connection = Connection(options, token)
        messages: MessageStream[ConnectResponse] | None = None
        try:
            sent = self._choices.newest()
            request = ConnectRequest()
            request.CopyFrom(self._request)
            request.choices.CopyFrom(sent)
            request.attributes.update(self._attributes)
            messages = connection.open(connection.sessions.Connect, request)
            first = messages.next(options.timeout)
            if first is None:
                raise PresenceError(grpc.StatusCode.UNAVAILABLE, f'no response within {options.timeout} s')
            options.tokens.accept(token)
            started = first.session_started
            self._choices.replace(sent, started.choices)
            self._presence = started.presence
            # Only the first session brings mute states. Later ones restore the choices.
            self._request.ClearField('is_microphone_muted')
            self._request.ClearField('is_speaker_muted')
            self._request.previous_session_id = started.session.session_id
            return SessionStream(connection, messages, started)
        except BaseException:
            if messages is not None:
                messages.close()
            connection.close()
            raise

    def _adopt(self, stream: SessionStream) -> None:
        with self._changed:
            self._stream = stream
            self._state, self._error = SessionState.ONLINE, None
            self._changed.notify_all()
        if self._closing.is_set():
            # `close` has not seen this stream.
            stream.messages.close()
        self._on_state(SessionState.ONLINE)

    def _lose(self, state: SessionState, error: PresenceError | None) -> None:
        with self._changed:
            stream, self._stream = self._stream, None
            self._state, self._error = state, error
            self._changed.notify_all()
        if stream is not None:
            stream.close()
        self._on_state(state)

    def _hold(self, stream: SessionStream) -> SessionStream:
        """Reads a stream until another one has replaced it, and returns that. Raises the error that ended it."""
        backoff = Backoff()
        silence = self._options.silence_timeout
        heard = time.monotonic()
        while True:
            move_at = min(stream.renew_at, stream.drain_at)
            message = stream.messages.next(min(move_at, heard + silence) - time.monotonic())
            now = time.monotonic()
            if message is not None:
                heard = now
                self._take(stream, message)
            elif now >= heard + silence:
                raise PresenceError(grpc.StatusCode.UNAVAILABLE, 'the stream is silent')
            else:
                successor = self._move(stream, needs_new_token=now >= stream.renew_at)
                if successor is not None:
                    return successor
                later = time.monotonic() + max(RENEWAL_PAUSE_SECONDS, backoff.next())
                if stream.drain_at <= now:
                    stream.drain_at = later
                if stream.renew_at <= now:
                    stream.renew_at = later

    def _take(self, stream: SessionStream, message: ConnectResponse) -> None:
        if stream.sends_heartbeats:
            heartbeat = HeartbeatRequest(session_id=stream.session_id)
            stream.connection.send(stream.connection.sessions.Heartbeat, heartbeat)
        body = message.WhichOneof('body')
        if body == 'choices':
            self._choices.learn(message.choices)
        elif body == 'session_draining':
            stream.drain_at = time.monotonic() + message.session_draining.reconnect_after_ms / 1000

    def _move(self, stream: SessionStream, *, needs_new_token: bool) -> SessionStream | None:
        """Opens the next stream before this one ends, and then closes this one. Returns None if that failed."""
        try:
            if needs_new_token:
                token = self._options.tokens.renew(stream.connection.token)
                if expiry_of(token) <= expiry_of(stream.connection.token):
                    return None
            with self._commands:
                successor = self._begin()
                self._adopt(successor)
        except PresenceError:
            # This stream is still open. If the cause persists, it ends with the same error.
            return None
        stream.close()
        return successor


def _closed() -> PresenceError:
    return PresenceError(grpc.StatusCode.CANCELLED, 'the program closed the session')
