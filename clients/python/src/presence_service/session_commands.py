"""The commands of a session."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .connection import Connection
from .v1.presence_pb2 import Presence
from .v1.presence_service_pb2 import (
    JoinChannelRequest,
    LeaveChannelRequest,
    UpdateAttributesRequest,
    UpdateMuteStateRequest,
    UpdateStatusRequest,
)
from .v1.session_service_pb2 import RecordActivityRequest


class SessionCommands:
    """The commands of a session. `Session` carries the commands out, over lost connections."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._attributes = dict(attributes)
        # Commands run one after the other, and never while the session moves to another stream.
        self._commands = threading.RLock()

    def _command(self, method: Callable[[Connection], Any], request: Callable[[str], Any]) -> Presence:
        raise NotImplementedError

    def join_channel(self, channel_id: str, *, keep_others: bool = False) -> Presence:
        """Joins a channel, and leaves all others unless `keep_others` is set."""
        return self._command(
            lambda c: c.presences.JoinChannel,
            lambda id: JoinChannelRequest(session_id=id, channel_id=channel_id, keep_others=keep_others),
        )

    def leave_channel(self, channel_id: str = '') -> Presence:
        """Leaves a channel. Empty: all channels."""
        return self._command(
            lambda c: c.presences.LeaveChannel,
            lambda id: LeaveChannelRequest(session_id=id, channel_id=channel_id),
        )

    def mute(self, *, microphone: bool | None = None, speaker: bool | None = None) -> Presence:
        """Mutes or unmutes devices. None: unchanged."""
        return self._command(
            lambda c: c.presences.UpdateMuteState,
            lambda id: UpdateMuteStateRequest(
                session_id=id,
                is_microphone_muted=microphone,  # type: ignore[arg-type]
                is_speaker_muted=speaker,  # type: ignore[arg-type]
            ),
        )

    def set_status(self, choice: int, text: str = '', *, until: datetime | None = None) -> Presence:
        """Chooses a status, such as `presence_service.v1.presence_service_pb2.STATUS_CHOICE_AWAY`."""

        def request(id: str) -> UpdateStatusRequest:
            message = UpdateStatusRequest(session_id=id, choice=choice, status_text=text)  # type: ignore[arg-type]
            if until is not None:
                message.expires_at.FromDatetime(until)
            return message

        return self._command(lambda c: c.presences.UpdateStatus, request)

    def update_attributes(
        self,
        set: Mapping[str, str] | None = None,
        *,
        remove: Iterable[str] = (),
        expires_in: timedelta | None = None,
        passive: bool = False,
    ) -> Presence:
        """Sets and removes attributes. The next session of this client begins with those that do not expire."""
        values, removed = dict(set or {}), list(remove)

        def request(id: str) -> UpdateAttributesRequest:
            message = UpdateAttributesRequest(session_id=id, set=values, remove=removed, is_passive=passive)
            if expires_in is not None:
                message.expires_in.FromTimedelta(expires_in)
            return message

        with self._commands:
            presence = self._command(lambda c: c.presences.UpdateAttributes, request)
            for key in (*removed, *values):
                self._attributes.pop(key, None)
            if expires_in is None:
                self._attributes.update(values)
            return presence

    def record_activity(self) -> Presence:
        """Reports that the user did something. One call per minute is enough."""
        return self._command(
            lambda c: c.sessions.RecordActivity, lambda id: RecordActivityRequest(session_id=id)
        )
