"""The pauses between two attempts to connect."""

import random

FIRST_LIMIT_SECONDS = 0.25
LAST_LIMIT_SECONDS = 10.0


class Backoff:
    """Computes each pause: a random time below a limit that doubles with every failure.

    The random part matters: clients that lost their connections together do not reconnect together.
    """

    def __init__(self) -> None:
        self._failures = 0

    def next(self, retry_after: float = 0.0, held: float = 0.0) -> float:
        """Returns the pause in seconds after a connection that lasted for `held` seconds.

        The time that the service asks for is added, because all clients are asked for the same time.
        """
        if held >= LAST_LIMIT_SECONDS:
            self._failures = 0
        limit = min(LAST_LIMIT_SECONDS, FIRST_LIMIT_SECONDS * 2 ** min(self._failures, 10))
        self._failures += 1
        return retry_after + random.uniform(0, limit)
