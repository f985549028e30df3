"""The token of the user, shared by all calls of a client."""

import base64
import json
import math
import threading
from collections.abc import Callable

import grpc

from .errors import PresenceError

#: `iat` is in seconds, so a token of the second in which the tokens were revoked is rejected too.
REVOCATION_PAUSE_SECONDS = 1.5


class TokenSource:
    """Keeps the token until the service rejects it, so that all calls share one request for a token."""

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._is_fixed = isinstance(token, str)
        self._option = token
        self._lock = threading.Lock()
        self._token: str | None = None
        self._rejections = 0

    def get(self) -> str:
        """Returns the token. An exception of the callback counts as an outage, unless it is a PresenceError."""
        with self._lock:
            if self._token is None:
                try:
                    self._token = self._option if isinstance(self._option, str) else self._option()
                except PresenceError:
                    raise
                except Exception as error:
                    raise PresenceError(grpc.StatusCode.UNAVAILABLE, 'the token callback failed') from error
            return self._token

    def renew(self, token: str) -> str:
        """Requests a newer token than this one, unless that has been done already."""
        with self._lock:
            if self._token == token and not self._is_fixed:
                self._token = None
        return self.get()

    def accept(self, token: str) -> None:
        """Notes that the service accepted a token."""
        with self._lock:
            if self._token == token:
                self._rejections = 0

    def reject(self, token: str, error: PresenceError) -> float:
        """Notes that the service rejected a token. Returns the minimum pause before the next attempt, in seconds.

        Raises the error if no other token can help: the token is fixed, or its successor was rejected as well.
        """
        with self._lock:
            if self._token == token:
                self._token = token if self._is_fixed else None
                self._rejections += 1
            if self._is_fixed or self._rejections > 1:
                raise error
        return REVOCATION_PAUSE_SECONDS if error.reason == 'TOKEN_REVOKED' else 0.0


def expiry_of(token: str) -> float:
    """Returns the `exp` of a JWT in seconds since 1970, or infinity."""
    try:
        payload = token.split('.')[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
        return float(claims.get('exp', math.inf))
    except (AttributeError, IndexError, TypeError, ValueError):
        return math.inf
