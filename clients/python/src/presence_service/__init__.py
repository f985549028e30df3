"""A client of the presence service: sessions and subscriptions that reconnect by themselves."""

from .client import PresenceClient
from .errors import FieldViolation, PresenceError
from .roster import Roster
from .session import Session, SessionState
from .subscription import Subscription, Update

__all__ = [
    'FieldViolation',
    'PresenceClient',
    'PresenceError',
    'Roster',
    'Session',
    'SessionState',
    'Subscription',
    'Update',
]
