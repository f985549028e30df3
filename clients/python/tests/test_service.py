"""Sessions and subscriptions against a real server. Needs dist/main.js in PRESENCE_TEST_PROGRAM, or in the repository."""

import itertools
import signal
import unittest
from collections.abc import Callable
from unittest import mock

import grpc

from presence_service import PresenceClient, PresenceError, Roster, Session, SessionState, Subscription, session_stream
from presence_service.connection import Connection
from presence_service.tokens import expiry_of
from presence_service.v1.events_service_pb2 import CHANGE_REASON_DISCONNECTED
from presence_service.v1.presence_pb2 import PRESENCE_STATUS_DO_NOT_DISTURB, PRESENCE_STATUS_OFFLINE, PRESENCE_STATUS_ONLINE
from presence_service.v1.presence_service_pb2 import STATUS_CHOICE_DO_NOT_DISTURB
from presence_service.v1.session_service_pb2 import EndSessionRequest, RevokeTokensRequest

from .support import PATIENCE_SECONDS, Proxy, Recorder, Server

ONLINE, RECONNECTING = SessionState.ONLINE, SessionState.RECONNECTING


def setUpModule() -> None:
    global server
    # A server takes a second to start, so all tests share it. Each has users of its own.
    server = Server(HEARTBEAT_TIMEOUT_MS='2000')


def tearDownModule() -> None:
    server.stop()


class ServiceTest(unittest.TestCase):
    numbers = itertools.count(1)

    def setUp(self) -> None:
        number = next(self.numbers)
        self.ann, self.bob, self.cat = (f'{name}-{number}' for name in ('ann', 'bob', 'cat'))
        self.lobby = f'lobby-{number}'

    def client(self, user: str, address: str = '', **options: object) -> PresenceClient:
        options = {'token': server.token(user), 'on_reconnect': lambda error, pause: None, 'timeout': PATIENCE_SECONDS, **options}
        client = PresenceClient(address or server.address, **options)
        self.addCleanup(client.close)
        return client

    def online(self, client: PresenceClient, **options: object) -> Session:
        session = client.connect('desktop', **options)
        session.wait_until_online(PATIENCE_SECONDS)
        return session

    def follow(self, subscription: Subscription, until: Callable[[Roster], bool]) -> Roster:
        roster = Roster()
        for update in subscription:
            roster.apply(update)
            if update.is_current or update.events:
                if until(roster):
                    return roster
        raise AssertionError('the subscription has ended')


class ASession(ServiceTest):
    def test_shows_its_user_online_until_it_is_closed(self) -> None:
        with self.client(self.bob).subscribe(user_ids=[self.ann]) as watcher, self.online(self.client(self.ann)) as session:
            roster = self.follow(watcher, lambda roster: self.ann in roster)
            self.assertEqual(roster[self.ann].status, PRESENCE_STATUS_ONLINE)
            self.assertEqual(session.join_channel(self.lobby).channel_ids, [self.lobby])
            self.assertTrue(session.mute(microphone=True).is_microphone_muted)
            self.assertEqual(session.update_attributes({'mood': 'good'}).attributes, {'mood': 'good'})
            session.close()
            self.assertEqual((session.state, session.error), (SessionState.CLOSED, None))
            events = (event for update in watcher for event in update.events)
            left = next(event for event in events if event.WhichOneof('change') == 'user_offline')
            self.assertEqual(left.reason, CHANGE_REASON_DISCONNECTED)

    def test_survives_a_killed_server_with_channels_status_and_attributes(self) -> None:
        states = Recorder()
        ann = self.online(self.client(self.ann), on_state=states, attributes={'team': 'red'})
        ann.join_channel(self.lobby)
        ann.set_status(STATUS_CHOICE_DO_NOT_DISTURB, 'focus')
        ann.update_attributes({'mood': 'good'})
        server.stop()
        states.until(lambda values: RECONNECTING in values)
        server.start()
        states.until(lambda values: values[-1] is ONLINE)
        presence = self.client(self.bob).get(self.ann)
        self.assertEqual(presence.status, PRESENCE_STATUS_DO_NOT_DISTURB)
        self.assertEqual(presence.status_text, 'focus')
        self.assertEqual(presence.channel_ids, [self.lobby])
        self.assertEqual(presence.attributes, {'team': 'red', 'mood': 'good'})

    def test_survives_a_server_that_stops_and_starts_again(self) -> None:
        states = Recorder()
        ann = self.online(self.client(self.ann), on_state=states)
        ann.join_channel(self.lobby)
        server.stop(signal.SIGTERM)
        states.until(lambda values: RECONNECTING in values)
        server.start()
        states.until(lambda values: values[-1] is ONLINE)
        self.assertEqual(self.client(self.bob).get(self.ann).channel_ids, [self.lobby])

    def test_carries_out_a_command_after_an_outage(self) -> None:
        states = Recorder()
        ann = self.online(self.client(self.ann, timeout=PATIENCE_SECONDS), on_state=states)
        server.stop()
        states.until(lambda values: RECONNECTING in values)
        server.start()
        self.assertEqual(ann.join_channel(self.lobby).channel_ids, [self.lobby])

    def test_survives_a_lost_connection_as_the_same_user(self) -> None:
        proxy = Proxy(server.address)
        self.addCleanup(proxy.close)
        states = Recorder()
        ann = self.online(self.client(self.ann, proxy.address), on_state=states)
        before = ann.session_id
        proxy.cut()
        states.until(lambda values: values[-2:] == [RECONNECTING, ONLINE])
        self.assertNotEqual(ann.session_id, before)

    def test_ends_with_a_clear_error_when_two_tokens_are_rejected(self) -> None:
        tokens = mock.Mock(side_effect=lambda: server.token(self.ann) + 'x')
        ann = self.client(self.ann, token=tokens).connect()
        self.assertTrue(ann.wait_until_closed(PATIENCE_SECONDS))
        with self.assertRaises(PresenceError) as caught:
            ann.join_channel(self.lobby)
        self.assertIs(caught.exception.code, grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(caught.exception.reason, 'TOKEN_INVALID')
        self.assertEqual(tokens.call_count, 2)

    def test_waits_while_the_token_callback_fails(self) -> None:
        tokens = mock.Mock(side_effect=[OSError('down'), OSError('down'), server.token(self.ann)])
        self.online(self.client(self.ann, token=tokens))

    def test_moves_to_a_new_token_before_the_old_one_expires(self) -> None:
        seconds = itertools.count(600, 60)
        states = Recorder()
        with mock.patch.object(session_stream, 'expiry_of', lambda token: expiry_of(token) - 595):
            tokens = mock.Mock(side_effect=lambda: server.token(self.ann, next(seconds)))
            ann = self.online(self.client(self.ann, token=tokens), on_state=states)
            ann.join_channel(self.lobby)
            states.until(lambda values: len(values) > 1)
        self.assertEqual(states.values[:2], [ONLINE, ONLINE])
        self.assertEqual(self.client(self.bob).get(self.ann).channel_ids, [self.lobby])
        self.assertGreaterEqual(tokens.call_count, 2)

    def test_gets_a_new_token_after_a_revocation(self) -> None:
        tokens = mock.Mock(side_effect=lambda: server.token(self.ann))
        states = Recorder()
        self.online(self.client(self.ann, token=tokens), on_state=states)
        admin = self.client('root', token=server.token('root', scope='presence:admin'))
        admin.call(lambda c: c.sessions.RevokeTokens, RevokeTokensRequest(user_id=self.ann))
        states.until(lambda values: values[-2:] == [RECONNECTING, ONLINE])

    def test_ends_when_somebody_ends_it(self) -> None:
        client = self.client(self.ann)
        ann = self.online(client)
        client.call(lambda c: c.sessions.EndSession, EndSessionRequest(session_id=ann.session_id))
        self.assertTrue(ann.wait_until_closed(PATIENCE_SECONDS))
        assert ann.error is not None
        self.assertIs(ann.error.code, grpc.StatusCode.ABORTED)
        self.assertEqual(self.client(self.bob).get(self.ann).status, PRESENCE_STATUS_OFFLINE)

    def test_says_which_field_of_a_command_is_wrong(self) -> None:
        with self.assertRaises(PresenceError) as caught:
            self.online(self.client(self.ann)).join_channel('')
        error = caught.exception
        self.assertEqual((error.code, error.reason), (grpc.StatusCode.INVALID_ARGUMENT, 'INVALID_FIELD'))
        self.assertEqual([each.field for each in error.violations], ['channel_id'])

    def test_takes_a_silent_stream_for_a_lost_connection(self) -> None:
        errors = Recorder()
        self.online(self.client(self.ann, silence_timeout=0.2, on_reconnect=lambda error, pause: errors(error.message)))
        errors.until(lambda values: 'the stream is silent' in values)


class ASessionWithHeartbeats(ServiceTest):
    def test_sends_one_for_each_message_of_the_server(self) -> None:
        beats = Recorder()
        send = Connection.send

        def count(self: Connection, method: object, request: object) -> None:
            send(self, method, request)
            beats(request)

        with mock.patch.object(Connection, 'send', count):
            ann = self.online(self.client(self.ann), require_heartbeats=True)
            beats.until(lambda values: len(values) >= 4)
            ann.close()

    def test_is_lost_without_them(self) -> None:
        errors = Recorder()
        with mock.patch.object(Connection, 'send', lambda *call: None):
            ann = self.online(self.client(self.ann, on_reconnect=lambda error, pause: errors(error.reason)), require_heartbeats=True)
            errors.until(lambda values: 'HEARTBEATS_MISSED' in values)
            ann.close()


class ASubscription(ServiceTest):
    def test_resumes_after_a_lost_connection_without_a_lost_or_repeated_event(self) -> None:
        proxy = Proxy(server.address)
        self.addCleanup(proxy.close)
        ann = self.online(self.client(self.ann))
        with self.client(self.bob, proxy.address).subscribe(user_ids=[self.ann]) as watcher:
            seen, resets, sent = [], 0, [f'{number}' for number in range(30)]
            for update in watcher:
                resets += update.is_reset
                seen += [event.presence.status_text for event in update.events]
                if update.is_current and not seen:
                    for text in sent[:10]:
                        ann.set_status(STATUS_CHOICE_DO_NOT_DISTURB, text)
                if seen[-1:] == ['9']:
                    proxy.cut()
                    for text in sent[10:]:
                        ann.set_status(STATUS_CHOICE_DO_NOT_DISTURB, text)
                if seen[-1:] == ['29']:
                    break
        self.assertEqual((seen, resets), (sent, 1))

    def test_continues_in_another_process_at_a_stored_position(self) -> None:
        ann = self.online(self.client(self.ann))
        with self.client(self.bob).subscribe(user_ids=[self.ann]) as first:
            position = next(update.resume_token for update in first if update.resume_token)
        ann.join_channel(self.lobby)
        with self.client(self.bob).subscribe(user_ids=[self.ann], resume_token=position) as second:
            update = next(second)
            while not update.events:
                self.assertEqual((update.is_reset, update.snapshot), (False, ()))
                update = next(second)
        self.assertEqual(update.events[0].presence.channel_ids, [self.lobby])

    def test_is_reset_after_a_restart_and_then_shows_the_current_state(self) -> None:
        ann, cat = self.online(self.client(self.ann)), self.online(self.client(self.cat))
        with self.client(self.bob).subscribe(user_ids=[self.ann, self.cat]) as watcher:
            self.follow(watcher, lambda roster: len(roster) == 2)
            server.stop()
            cat.close()
            server.start()
            is_reset = False
            roster = Roster()
            while list(roster) != [self.ann]:
                update = next(watcher)
                is_reset = is_reset or update.is_reset
                roster.apply(update)
            self.assertTrue(is_reset)
        self.assertIs(ann.state, ONLINE)

    def test_ends_with_a_clear_error_when_its_token_is_rejected(self) -> None:
        with self.assertRaises(PresenceError) as caught:
            next(self.client(self.bob, token='no token').subscribe())
        self.assertIs(caught.exception.code, grpc.StatusCode.UNAUTHENTICATED)

    def test_ends_when_its_channel_is_not_granted(self) -> None:
        token = server.token(self.bob, presence={'watch': []})
        with self.assertRaises(PresenceError) as caught:
            next(self.client(self.bob, token=token).subscribe(channel_ids=['secret']))
        self.assertIs(caught.exception.code, grpc.StatusCode.PERMISSION_DENIED)


class AClient(ServiceTest):
    def test_reads_pages_of_users(self) -> None:
        users = {self.ann, self.bob, self.cat}
        for user in users:
            self.online(self.client(user)).join_channel(self.lobby)
        client = self.client('dan')
        self.assertLessEqual(users, {user.user_id for user in client.list_online()})
        self.assertEqual({user.user_id for user in client.list_members(self.lobby)}, users)

    def test_completes_a_call_after_an_outage(self) -> None:
        client = self.client(self.bob)
        self.assertEqual(client.get(self.ann).status, PRESENCE_STATUS_OFFLINE)
        server.stop()
        server.start()
        self.assertEqual(client.get(self.ann).status, PRESENCE_STATUS_OFFLINE)

    def test_fails_in_time_while_the_service_is_unavailable(self) -> None:
        # Nothing listens on this port.
        client = self.client(self.bob, '127.0.0.1:1', timeout=0.5)
        with self.assertRaises(PresenceError) as caught:
            client.get(self.ann)
        self.assertTrue(caught.exception.is_retryable)


if __name__ == '__main__':
    unittest.main()
