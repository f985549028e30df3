"""A user of the service over the C core of gRPC, and the streams that the user reads."""

import queue
import threading

import grpc
from presence_service.v1 import events_service_pb2 as events
from presence_service.v1 import events_service_pb2_grpc as events_grpc
from presence_service.v1 import moderation_service_pb2_grpc as moderation_grpc
from presence_service.v1 import presence_service_pb2_grpc as presences_grpc
from presence_service.v1 import session_service_pb2 as sessions
from presence_service.v1 import session_service_pb2_grpc as sessions_grpc

PATIENCE_SECONDS = 10


class Stream(threading.Thread):
    """Reads a stream in its own thread, so that a test can wait for its messages."""

    END = object()

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call = call
        self.arrived = queue.Queue()
        self.code = None
        self.start()

    def run(self):
        try:
            for message in self.call:
                self.arrived.put(message)
        except grpc.RpcError as error:
            self.code = error.code()
        self.arrived.put(self.END)

    def next(self):
        message = self.arrived.get(timeout=PATIENCE_SECONDS)
        if message is self.END:
            raise EOFError(f'the stream has ended with {self.code}')
        return message

    def end(self):
        """Waits for the end and returns its status."""
        while self.arrived.get(timeout=PATIENCE_SECONDS) is not self.END:
            pass
        return self.code


class Subscription(Stream):
    def __init__(self, user, **request):
        super().__init__(user.events.Subscribe(events.SubscribeRequest(**request), metadata=user.metadata))
        self.token = ''
        self.pending = []

    def message(self):
        message = self.next()
        self.token = message.resume_token or self.token
        return message

    def beginning(self):
        """Everything up to SYNC_CURRENT: whether it was a reset, the snapshot and the events."""
        reset, snapshot, missed = False, [], []
        while True:
            message = self.message()
            reset = reset or message.sync == events.SYNC_RESET
            snapshot.extend(message.snapshot)
            missed.extend(message.events)
            if message.sync == events.SYNC_CURRENT:
                return reset, snapshot, missed

    def event(self):
        while not self.pending:
            self.pending.extend(self.message().events)
        return self.pending.pop(0)


class User:
    """All services, over a connection for this user alone."""

    def __init__(self, address, token):
        # Without this option, the C core lets channels to one address share a connection.
        self.channel = grpc.insecure_channel(address, options=[('grpc.use_local_subchannel_pool', 1)])
        self.sessions = sessions_grpc.SessionServiceStub(self.channel)
        self.moderation = moderation_grpc.ModerationServiceStub(self.channel)
        self.presences = presences_grpc.PresenceServiceStub(self.channel)
        self.events = events_grpc.EventsServiceStub(self.channel)
        self.metadata = (('authorization', f'Bearer {token}'),)

    def call(self, method, request):
        return method(request, metadata=self.metadata, timeout=PATIENCE_SECONDS)

    def connect(self, **request):
        stream = Stream(self.sessions.Connect(sessions.ConnectRequest(**request), metadata=self.metadata))
        return stream, stream.next().session_started
