"""A subscription that resumes after a disconnect."""

import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from types import TracebackType

import grpc

from .backoff import Backoff
from .connection import Connection, MessageStream, Options
from .errors import PresenceError
from .v1.events_service_pb2 import SYNC_CURRENT, SYNC_RESET, PresenceEvent, SubscribeRequest, SubscribeResponse
from .v1.presence_pb2 import Presence


@dataclass(frozen=True)
class Update:
    """One message of a subscription."""

    #: Changes, in commit order.
    events: tuple[PresenceEvent, ...]
    #: A part of the state at the start.
    snapshot: tuple[Presence, ...]
    #: Whether to drop all presences before this update is applied. A snapshot follows.
    is_reset: bool
    #: Whether the snapshot, or the list of missed events, is complete.
    is_current: bool
    #: The position after this update. Empty: keep the previous one.
    resume_token: str


class Subscription(Iterator[Update]):
    """Iterates over the updates. Blocks until the next one, and reconnects by itself.

    Raises a PresenceError when reconnecting makes no sense, and stops after `close`.
    """

    def __init__(self, options: Options, request: SubscribeRequest) -> None:
        self._options = options
        self._request = request
        self._closing = threading.Event()
        self._stream: MessageStream[SubscribeResponse] | None = None
        self._token = ''
        self._updates = self._run()

    @property
    def resume_token(self) -> str:
        """The position after the last update. A later subscription can begin there, also in another process."""
        return self._request.resume_token

    def __next__(self) -> Update:
        return next(self._updates)

    def close(self) -> None:
        """Ends the iteration. May be called by another thread."""
        self._closing.set()
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> 'Subscription':
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        # An iteration that nobody continues still has its connection.
        self._updates.close()

    def _run(self) -> Generator[Update, None, None]:
        backoff = Backoff()
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                yield from self._run_once()
            except PresenceError as error:
                if self._closing.is_set():
                    return
                rest = 0.0
                if error.code is grpc.StatusCode.UNAUTHENTICATED:
                    rest = self._options.tokens.reject(self._token, error)
                elif not error.is_retryable:
                    raise
                pause = max(rest, backoff.next(error.retry_after, time.monotonic() - began))
                self._options.on_reconnect(error, pause)
                self._closing.wait(pause)

    def _run_once(self) -> Iterator[Update]:
        self._token = self._options.tokens.get()
        connection = Connection(self._options, self._token)
        try:
            stream = self._stream = connection.open(connection.events.Subscribe, self._request)
            if self._closing.is_set():
                return
            # Without a position the stream begins with all presences, as after a reset.
            is_first, is_incomplete = True, self._request.resume_token == ''
            while True:
                message = stream.next(self._options.silence_timeout)
                if message is None:
                    raise PresenceError(grpc.StatusCode.UNAVAILABLE, 'the stream is silent')
                self._options.tokens.accept(self._token)
                is_reset = message.sync == SYNC_RESET or (is_first and is_incomplete)
                is_current = message.sync == SYNC_CURRENT
                is_incomplete = (is_incomplete or is_reset) and not is_current
                is_first = False
                # A position inside a snapshot would skip the rest of it.
                token = '' if is_incomplete else message.resume_token
                yield Update(tuple(message.events), tuple(message.snapshot), is_reset, is_current, token)
                # After the program has used the update, so that an exception there loses no event.
                if is_reset and is_incomplete:
                    self._request.resume_token = ''
                if token:
                    self._request.resume_token = token
        finally:
            if self._stream is not None:
                self._stream.close()
            connection.close()
