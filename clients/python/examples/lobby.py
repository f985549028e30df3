"""Joins the lobby, and shows who comes and goes:  lobby.py TOKEN [ADDRESS]

Ends when this user has joined it.
"""

import logging
import sys

from presence_service import PresenceClient
from presence_service.v1.presence_pb2 import PresenceStatus

logging.basicConfig(level=logging.WARNING)
token = sys.argv[1]
address = sys.argv[2] if len(sys.argv) > 2 else 'localhost:50051'

with PresenceClient(address, token, timeout=60) as client, client.connect('desktop') as session:
    session.wait_until_online(60)
    assert session.presence is not None
    me = session.presence.user_id
    print('online as', me, flush=True)
    with client.subscribe(channel_ids=['lobby']) as subscription:
        for update in subscription:
            for presence in update.snapshot:
                print(presence.user_id, 'is here,', PresenceStatus.Name(presence.status), flush=True)
            for event in update.events:
                print(event.presence.user_id, event.WhichOneof('change'), list(event.presence.channel_ids), flush=True)
            if update.is_current:
                session.join_channel('lobby')
            if any(event.presence.user_id == me for event in update.events):
                break
