"""Watches all users while one user connects, joins the lobby, sets a status and disconnects.

    examples/python/run TOKEN [ADDRESS]
"""

import sys

import grpc
from presence.v1 import events_service_pb2 as events
from presence.v1 import presence_service_pb2 as presences
from presence.v1 import session_service_pb2 as sessions
from presence.v1.events_service_pb2_grpc import EventsServiceStub
from presence.v1.presence_pb2 import PresenceStatus
from presence.v1.presence_service_pb2_grpc import PresenceServiceStub
from presence.v1.session_service_pb2_grpc import SessionServiceStub


def main(token, address='localhost:50051'):
    metadata = [('authorization', f'Bearer {token}')]
    with grpc.insecure_channel(address) as channel:
        me = None
        # This stream does not end by itself. Keep the last resume_token to resume after a disconnect.
        subscription = EventsServiceStub(channel).Subscribe(events.SubscribeRequest(), metadata=metadata)
        for message in subscription:
            for presence in message.snapshot:
                print(presence.user_id, 'is', PresenceStatus.Name(presence.status), flush=True)
            if message.sync == events.SYNC_CURRENT:
                me = visit(channel, metadata)
            for event in message.events:
                change, presence = event.WhichOneof('change'), event.presence
                print(presence.user_id, change, presence.current_channel_id, presence.status_text, flush=True)
                if change == 'user_offline' and presence.user_id == me:
                    subscription.cancel()
                    return


def visit(channel, metadata):
    """Connects, joins a channel, sets a status and disconnects. Returns the user id."""
    call = {'metadata': metadata, 'timeout': 5}
    # No timeout: the session lives as long as this stream.
    stream = SessionServiceStub(channel).Connect(sessions.ConnectRequest(platform='desktop'), metadata=metadata)
    session = next(stream).session_started.session
    service = PresenceServiceStub(channel)
    join = presences.JoinChannelRequest(session_id=session.session_id, channel_id='lobby')
    service.JoinChannel(join, **call)
    busy = presences.UpdateStatusRequest(
        session_id=session.session_id, choice=presences.STATUS_CHOICE_DO_NOT_DISTURB, status_text='In a call'
    )
    service.UpdateStatus(busy, **call)
    stream.cancel()
    return session.user_id


if __name__ == '__main__':
    main(*sys.argv[1:])
