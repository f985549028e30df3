"""Rules that need no service."""

import random
import unittest
from unittest import mock

import grpc

from presence_service import PresenceError, Roster, Update
from presence_service.backoff import Backoff
from presence_service.choices import KnownChoices
from presence_service.tokens import TokenSource
from presence_service.v1.events_service_pb2 import PresenceEvent, UserOffline, UserStatusChanged
from presence_service.v1.presence_pb2 import PRESENCE_STATUS_OFFLINE, Presence
from presence_service.v1.presence_service_pb2 import Choices, ChosenMute, ChosenStatus


class ABackoff(unittest.TestCase):
    def limits(self, *held: float) -> list[float]:
        backoff = Backoff()
        with mock.patch.object(random, 'uniform', lambda low, high: high):
            return [backoff.next(held=each) for each in held]

    def test_doubles_its_limit_up_to_ten_seconds(self) -> None:
        self.assertEqual(self.limits(*[0.0] * 8), [0.25, 0.5, 1, 2, 4, 8, 10, 10])

    def test_begins_again_after_a_connection_that_lasted(self) -> None:
        self.assertEqual(self.limits(0, 0, 9.9, 10, 0), [0.25, 0.5, 1, 0.25, 0.5])

    def test_adds_the_time_that_the_service_asks_for(self) -> None:
        with mock.patch.object(random, 'uniform', lambda low, high: low):
            self.assertEqual(Backoff().next(retry_after=3), 3)


class ATokenSource(unittest.TestCase):
    error = PresenceError(grpc.StatusCode.UNAUTHENTICATED, 'no')

    def test_keeps_a_token_until_it_is_rejected(self) -> None:
        source = TokenSource(mock.Mock(side_effect=['a', 'b']))
        self.assertEqual([source.get(), source.get()], ['a', 'a'])
        source.reject('a', self.error)
        self.assertEqual(source.get(), 'b')

    def test_ends_when_two_tokens_in_a_row_are_rejected(self) -> None:
        source = TokenSource(mock.Mock(side_effect=['a', 'b', 'c']))
        source.reject(source.get(), self.error)
        source.accept(source.get())
        source.reject(source.get(), self.error)
        with self.assertRaises(PresenceError):
            source.reject(source.get(), self.error)

    def test_ends_at_once_when_a_fixed_token_is_rejected(self) -> None:
        source = TokenSource('a')
        with self.assertRaises(PresenceError):
            source.reject(source.get(), self.error)

    def test_takes_a_failed_callback_for_an_outage(self) -> None:
        source = TokenSource(mock.Mock(side_effect=[OSError('down'), 'a']))
        with self.assertRaises(PresenceError) as caught:
            source.get()
        self.assertTrue(caught.exception.is_retryable)
        self.assertEqual(source.get(), 'a')


class KnownChoicesOfAUser(unittest.TestCase):
    def test_keep_the_highest_version_of_each_kind(self) -> None:
        known = KnownChoices()
        known.learn(Choices(status=ChosenStatus(version=3), microphone=ChosenMute(version=5)))
        known.learn(Choices(status=ChosenStatus(version=4), microphone=ChosenMute(version=2)))
        self.assertEqual((known.newest().status.version, known.newest().microphone.version), (4, 5))

    def test_are_replaced_by_those_of_a_new_session_unless_they_are_newer(self) -> None:
        known = KnownChoices()
        known.learn(Choices(status=ChosenStatus(version=9), microphone=ChosenMute(version=9)))
        sent = known.newest()
        known.learn(Choices(microphone=ChosenMute(version=11)))
        known.replace(sent, Choices(status=ChosenStatus(version=8), microphone=ChosenMute(version=8)))
        self.assertEqual((known.newest().status.version, known.newest().microphone.version), (8, 11))


def update(*, reset: bool = False, current: bool = False, snapshot: tuple = (), events: tuple = ()) -> Update:
    return Update(events, snapshot, reset, current, '')


def changed(**presence: object) -> PresenceEvent:
    return PresenceEvent(presence=Presence(**presence), user_status_changed=UserStatusChanged())


class ARoster(unittest.TestCase):
    def test_keeps_the_last_state_until_the_new_snapshot_is_complete(self) -> None:
        roster = Roster()
        roster.apply(update(reset=True, current=True, snapshot=(Presence(user_id='ann'), Presence(user_id='bob'))))
        roster.apply(update(reset=True, snapshot=(Presence(user_id='bob'),)))
        self.assertEqual(list(roster), ['ann', 'bob'])
        roster.apply(update(current=True))
        self.assertEqual(list(roster), ['bob'])

    def test_has_no_user_who_is_offline_in_the_snapshot(self) -> None:
        roster = Roster()
        roster.apply(update(snapshot=(Presence(user_id='ann', status=PRESENCE_STATUS_OFFLINE), Presence(user_id='bob'))))
        self.assertEqual(list(roster), ['bob'])

    def test_ignores_an_event_that_is_older_than_the_presence(self) -> None:
        roster = Roster()
        roster.apply(update(snapshot=(Presence(user_id='ann', version=5),)))
        roster.apply(update(events=(changed(user_id='ann', version=4, status_text='old'),)))
        self.assertEqual(roster['ann'].version, 5)

    def test_removes_a_user_who_goes_offline_or_leaves_the_channels(self) -> None:
        roster = Roster(channel_ids=['lobby'], user_ids=['cat'])
        users = [Presence(user_id=user, channel_ids=['lobby']) for user in ('ann', 'bob', 'cat')]
        roster.apply(update(snapshot=tuple(users)))
        offline = PresenceEvent(presence=Presence(user_id='ann'), user_offline=UserOffline())
        roster.apply(update(events=(offline, changed(user_id='bob', channel_ids=['game']), changed(user_id='cat'))))
        self.assertEqual(list(roster), ['cat'])


if __name__ == '__main__':
    unittest.main()
