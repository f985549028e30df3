"""The last choices of the user, which a client sends when it reconnects."""

import threading
from typing import Any

from .v1.presence_service_pb2 import Choices


class KnownChoices:
    """Keeps the choice with the highest version of each kind, in case the service loses them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = Choices()

    def learn(self, received: Choices) -> None:
        with self._lock:
            for field, choice in received.ListFields():
                known: Any = getattr(self._newest, field.name)
                if choice.version >= known.version:
                    known.CopyFrom(choice)

    def replace(self, sent: Choices, received: Choices) -> None:
        """Applies the choices of a session that has started with `sent`. A choice made meanwhile stays."""
        with self._lock:
            for field in Choices.DESCRIPTOR.fields:
                known: Any = getattr(self._newest, field.name)
                choice: Any = getattr(received, field.name)
                if choice.version <= known.version and known != getattr(sent, field.name):
                    continue
                if received.HasField(field.name):
                    known.CopyFrom(choice)
                else:
                    self._newest.ClearField(field.name)

    def newest(self) -> Choices:
        with self._lock:
            copy = Choices()
            copy.CopyFrom(self._newest)
            return copy
