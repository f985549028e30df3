"""The current presences of a subscription."""

from collections.abc import Collection, Iterator, Mapping

from .subscription import Update
from .v1.presence_pb2 import PRESENCE_STATUS_OFFLINE, Presence


class Roster(Mapping[str, Presence]):
    """The users of a subscription who are not OFFLINE, by user id.

    After a reset it keeps the last known presences until the new snapshot is complete. With `channel_ids`, users who left
    these channels are removed, except `user_ids`: pass the lists of the subscription.
    """

    def __init__(self, channel_ids: Collection[str] = (), user_ids: Collection[str] = ()) -> None:
        self._channels = frozenset(channel_ids)
        self._users = frozenset(user_ids)
        self._shown: dict[str, Presence] = {}
        self._next: dict[str, Presence] | None = None

    def apply(self, update: Update) -> None:
        """Applies an update of the subscription. Pass every update, in the order of arrival."""
        if update.is_reset:
            self._next = {}
        current = self._shown if self._next is None else self._next
        for presence in update.snapshot:
            # The snapshot has every user whom the subscription names, also one who is OFFLINE.
            if presence.status != PRESENCE_STATUS_OFFLINE:
                current[presence.user_id] = presence
        for event in update.events:
            presence = event.presence
            known = current.get(presence.user_id)
            # A resumed subscription may repeat events.
            if known is not None and known.version > presence.version:
                continue
            if event.WhichOneof('change') == 'user_offline' or not self._matches(presence):
                current.pop(presence.user_id, None)
            else:
                current[presence.user_id] = presence
        if update.is_current and self._next is not None:
            self._shown, self._next = self._next, None

    def _matches(self, presence: Presence) -> bool:
        if not self._channels or presence.user_id in self._users:
            return True
        return not self._channels.isdisjoint(presence.channel_ids)

    def __getitem__(self, user_id: str) -> Presence:
        return self._shown[user_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._shown)
