"""A client that shares no code with the service: Python, Google's protobuf and the C core of gRPC.

    foreign_client.py ADDRESS ALICE_TOKEN BOB_TOKEN ADMIN_TOKEN GOOGLE_RPC_DESCRIPTORS

Needs a service that nobody else uses. Prints a line for each expectation and exits with 1 if one does not hold.
"""

import sys

import expectations
import grpc
from expectations import expect, expect_equal, expect_error
from foreign_user import PATIENCE_SECONDS, Stream, Subscription, User
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from health_and_reflection import check_health, check_reflection
from presence_service.v1 import events_service_pb2 as events
from presence_service.v1 import moderation_service_pb2 as moderation
from presence_service.v1 import presence_pb2 as presence
from presence_service.v1 import presence_service_pb2 as presences
from presence_service.v1 import session_service_pb2 as sessions


def field_violations(error, descriptors):
    """The google.rpc.BadRequest of an error, decoded by the published description of it."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)

    def decode(name, data):
        return factory.GetPrototype(pool.FindMessageTypeByName(name)).FromString(data)

    trailers = dict(error.trailing_metadata())
    status = decode('google.rpc.Status', trailers['grpc-status-details-bin'])
    info, bad_request = status.details
    reason = decode('google.rpc.ErrorInfo', info.value)
    expect_equal('an error has a reason and its domain', (reason.reason, reason.domain), ('INVALID_FIELD', 'presence.v1'))
    detail = decode('google.rpc.BadRequest', bad_request.value)
    return [violation.field for violation in detail.field_violations]


def check_presence(alice, bob, admin, address, descriptors):
    watcher = Subscription(bob)
    reset, snapshot, missed = watcher.beginning()
    expect_equal('a subscription begins with the users who are online: none', (reset, snapshot, missed), (False, [], []))
    expect('the beginning has a resume token', watcher.token != '', watcher.token)

    stream, started = alice.connect(platform='desktop', is_microphone_muted=True)
    session = started.session.session_id
    expect_equal('the session is of the user of the token', started.session.user_id, 'alice')
    expect_equal('the session is on the requested platform', started.session.platform, 'desktop')
    expect_equal('the service requires no heartbeats', started.heartbeat_timeout_ms, 0)
    expect_equal('the user is ONLINE', started.presence.status, presence.PRESENCE_STATUS_ONLINE)
    expect('the user is muted as requested', started.presence.is_microphone_muted)
    event = watcher.event()
    expect_equal('a subscriber receives an event', event.WhichOneof('change'), 'user_online')
    expect_equal('with the same presence', event.presence, started.presence)
    expect_equal('and why', event.reason, events.CHANGE_REASON_CONNECTED)
    expect_equal('the microphone was not muted before', watcher.event().WhichOneof('change'), 'user_mute_state_changed')

    joined = alice.call(alice.presences.JoinChannel, presences.JoinChannelRequest(session_id=session, channel_id='lobby'))
    event = watcher.event()
    expect_equal('a join is announced', event.WhichOneof('change'), 'user_channel_changed')
    expect('there was no channel before', not event.user_channel_changed.HasField('previous_channel_id'))
    expect_equal('the event has the presence of the answer', event.presence, joined.presence)
    token = watcher.token

    muted = alice.call(
        alice.presences.UpdateMuteState,
        presences.UpdateMuteStateRequest(session_id=session, is_microphone_muted=False, is_speaker_muted=True),
    )
    event = watcher.event()
    change = event.user_mute_state_changed
    expect_equal('the mute states before', (change.was_microphone_muted, change.was_speaker_muted), (True, False))
    expect_equal('the mute states after', event.presence, muted.presence)

    request = presences.UpdateStatusRequest(
        session_id=session, choice=presences.STATUS_CHOICE_DO_NOT_DISTURB, status_text='日本語 \U0001F642'
    )
    busy = alice.call(alice.presences.UpdateStatus, request)
    event = watcher.event()
    expect_equal('the status before', event.user_status_changed.previous_status, presence.PRESENCE_STATUS_ONLINE)
    expect_equal('the status text arrives as it was sent', event.presence.status_text, '日本語 \U0001F642')
    expect_equal('the status after', event.presence, busy.presence)
    versions = [started.presence.version, joined.presence.version, muted.presence.version, busy.presence.version]
    expect_equal('versions grow', versions, sorted(set(versions)))

    second, _ = alice.connect(platform='mobile')
    event = watcher.event()
    expect_equal('a second session is announced', event.WhichOneof('change'), 'user_connection_changed')
    expect_equal('with the platforms', list(event.presence.platforms), ['desktop', 'mobile'])

    listed = bob.call(bob.presences.ListOnlineUsers, presences.ListOnlineUsersRequest())
    expect_equal('the list has the presence of the last event', list(listed.presences), [event.presence])
    expect_equal('the list says how many there are', listed.total_size, 1)
    members = bob.call(bob.presences.ListChannelMembers, presences.ListChannelMembersRequest(channel_id='lobby'))
    expect_equal('the channel has her, too', list(members.presences), [event.presence])
    got = bob.call(bob.presences.GetPresence, presences.GetPresenceRequest(user_id='nobody'))
    expect_equal('a user never seen is OFFLINE', got.presence.status, presence.PRESENCE_STATUS_OFFLINE)
    request = presences.BatchGetPresencesRequest(user_ids=['nobody', 'alice'])
    batch = bob.call(bob.presences.BatchGetPresences, request)
    expect_equal('a batch is in the order of the request', [p.user_id for p in batch.presences], ['nobody', 'alice'])
    own = alice.call(alice.sessions.ListSessions, sessions.ListSessionsRequest())
    expect_equal('the sessions, oldest first', [s.platform for s in own.sessions], ['desktop', 'mobile'])
    alice.call(alice.sessions.Heartbeat, sessions.HeartbeatRequest(session_id=session))
    active = admin.call(admin.sessions.RecordActivity, sessions.RecordActivityRequest(user_id='alice'))
    expect_equal('an admin may record activity of a user', active.presence.user_id, 'alice')

    resumed = Subscription(bob, resume_token=token)
    reset, snapshot, missed = resumed.beginning()
    expect_equal('a resumed subscription is no reset', (reset, snapshot), (False, []))
    expect_equal(
        'and begins with what came after its token',
        [event.WhichOneof('change') for event in missed],
        ['user_mute_state_changed', 'user_status_changed', 'user_connection_changed'],
    )
    resumed.call.cancel()
    expect_equal('a cancelled stream ends with CANCELLED', resumed.end(), grpc.StatusCode.CANCELLED)

    check_errors(alice, bob, session, address, descriptors)

    second.call.cancel()
    event = watcher.event()
    expect_equal('the end of one session is announced', list(event.presence.platforms), ['desktop'])
    alice.call(alice.sessions.EndSession, sessions.EndSessionRequest(session_id=session))
    expect_equal('EndSession ends the stream with ABORTED', stream.end(), grpc.StatusCode.ABORTED)
    left, gone = watcher.event(), watcher.event()
    expect_equal('the channel is left first', left.user_channel_changed.previous_channel_id, 'lobby')
    expect_equal('then the user is OFFLINE', gone.WhichOneof('change'), 'user_offline')
    expect_equal('and why', gone.reason, events.CHANGE_REASON_SESSION_ENDED)
    expect_equal('the user left is in no channel', gone.presence.HasField('current_channel_id'), False)

    third, _ = alice.connect()
    expect_equal('the user comes back', watcher.event().WhichOneof('change'), 'user_online')
    alice.channel.close()
    event = watcher.event()
    expect_equal('a closed channel ends the session', event.WhichOneof('change'), 'user_offline')
    watcher.call.cancel()


def check_channels_and_attributes(bob, admin):
    stream, started = bob.connect()
    session = started.session.session_id
    watcher = Subscription(admin, user_ids=['bob'])
    watcher.beginning()
    counts = Stream(admin.events.WatchCounts(events.WatchCountsRequest(channel_ids=['stage']), metadata=admin.metadata))
    expect_equal('the first message has all counts', [(c.channel_id, c.total) for c in counts.next().counts], [('stage', 0)])

    for channel in ['stage', 'lobby']:
        request = presences.JoinChannelRequest(session_id=session, channel_id=channel, keep_others=True)
        joined = bob.call(bob.presences.JoinChannel, request).presence
    expect_equal('the user is in both channels', list(joined.channel_ids), ['lobby', 'stage'])
    expect_equal('and the last one is the current one', joined.current_channel_id, 'lobby')
    changes = [watcher.event().user_channel_changed.joined_channel_ids for _ in range(2)]
    expect_equal('each join names its channel', [list(ids) for ids in changes], [['stage'], ['lobby']])
    expect_equal('the next message has the new count', [(c.channel_id, c.total) for c in counts.next().counts], [('stage', 1)])
    counts.call.cancel()

    request = presences.UpdateAttributesRequest(session_id=session, remove=['none'], is_passive=True)
    request.set['__proto__'] = 'plan'
    request.expires_in.seconds = 60
    updated = bob.call(bob.presences.UpdateAttributes, request).presence
    expect_equal('the attributes are set', dict(updated.attributes), {'__proto__': 'plan'})
    expect_equal('and announced', list(watcher.event().user_attributes_changed.keys), ['__proto__'])

    request = presences.CountPresencesRequest(channel_ids=['stage', 'nowhere'])
    counted = bob.call(bob.presences.CountPresences, request).counts
    expect_equal('the counts are in the order of the request', [(c.channel_id, c.total) for c in counted], [('stage', 1), ('nowhere', 0)])
    expect_equal('by status', counted[0].by_status[0].status, presence.PRESENCE_STATUS_ONLINE)
    everyone = bob.call(bob.presences.CountPresences, presences.CountPresencesRequest()).counts
    expect_equal('without channels there is one count of all users', (len(everyone), everyone[0].WhichOneof('scope')), (1, None))

    request = moderation.MuteUserRequest(user_id='bob', is_microphone_muted=True)
    muted = admin.call(admin.moderation.MuteUser, request).presence
    expect('a moderator mutes', muted.is_microphone_muted_by_moderator and not muted.is_microphone_muted)
    expect_equal('with this reason', watcher.event().reason, events.CHANGE_REASON_MODERATED)
    request = moderation.MoveUserRequest(user_id='bob', from_channel_id='stage', to_channel_id='audience')
    moved = admin.call(admin.moderation.MoveUser, request).presence
    expect_equal('a moderator moves', list(moved.channel_ids), ['audience', 'lobby'])
    request = moderation.RemoveUserRequest(user_id='bob', channel_id='audience')
    removed = admin.call(admin.moderation.RemoveUser, request).presence
    expect_equal('a moderator removes', list(removed.channel_ids), ['lobby'])
    request = moderation.RemoveUserRequest(user_id='bob', channel_id='lobby')
    expect_error('a user without the grant', grpc.StatusCode.PERMISSION_DENIED, lambda: bob.call(bob.moderation.RemoveUser, request))

    request = presences.UpdateStatusRequest(user_id='bob', choice=presences.STATUS_CHOICE_AWAY, status_text='In a meeting')
    away = admin.call(admin.presences.UpdateStatus, request).presence
    expect_equal('a backend sets a status', (away.status, away.status_text), (presence.PRESENCE_STATUS_AWAY, 'In a meeting'))
    request = presences.LeaveChannelRequest(session_id=session, channel_id='lobby')
    left = bob.call(bob.presences.LeaveChannel, request).presence
    expect_equal('one channel is left by name', list(left.channel_ids), [])
    watcher.call.cancel()
    stream.call.cancel()


def check_errors(alice, bob, session, address, descriptors):
    code = grpc.StatusCode
    join = presences.JoinChannelRequest
    stranger = User(address, 'nonsense')
    expect_error('a bad token', code.UNAUTHENTICATED, lambda: stranger.call(stranger.presences.ListOnlineUsers, presences.ListOnlineUsersRequest()))
    expect_error('no token', code.UNAUTHENTICATED, lambda: stranger.presences.ListOnlineUsers(presences.ListOnlineUsersRequest(), timeout=PATIENCE_SECONDS))
    expect_error('the session of another user', code.PERMISSION_DENIED, lambda: bob.call(bob.presences.JoinChannel, join(session_id=session, channel_id='lobby')))
    expect_error('a call for admins', code.PERMISSION_DENIED, lambda: bob.call(bob.sessions.ListSessions, sessions.ListSessionsRequest(user_id='alice')))
    expect_error('an unknown session', code.NOT_FOUND, lambda: alice.call(alice.presences.JoinChannel, join(session_id='none', channel_id='lobby')))
    error = expect_error('no channel', code.INVALID_ARGUMENT, lambda: alice.call(alice.presences.JoinChannel, join(session_id=session)))
    expect_equal('the error names the field', field_violations(error, descriptors), ['channel_id'])
    expect_equal('a bad resume token is INVALID_ARGUMENT', Subscription(bob, resume_token='?').end(), code.INVALID_ARGUMENT)
    raw = alice.channel.unary_unary('/presence.v1.PresenceService/GetPresence')
    expect_error('bytes that are not a message', code.INVALID_ARGUMENT, lambda: alice.call(raw, b'\xff\xff\xff'))
    unknown = alice.channel.unary_unary('/presence.v1.PresenceService/Unknown')
    expect_error('an unknown method', code.UNIMPLEMENTED, lambda: alice.call(unknown, b''))
    stranger.channel.close()


def main(address, alice, bob, admin, descriptors):
    with open(descriptors, 'rb') as file:
        google_rpc = file.read()
    check_health(address)
    check_reflection(address)
    check_presence(User(address, alice), User(address, bob), User(address, admin), address, google_rpc)
    check_channels_and_attributes(User(address, bob), User(address, admin))
    return 1 if expectations.failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
