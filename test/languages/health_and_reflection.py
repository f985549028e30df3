"""Checks of the services of the server that do not belong to presence.v1."""

import grpc
from expectations import expect, expect_equal
from foreign_user import PATIENCE_SECONDS
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection_v1 import reflection_pb2, reflection_pb2_grpc
from health.v1 import health_pb2, health_pb2_grpc
from presence_service.v1 import events_service_pb2 as events
from presence_service.v1 import moderation_service_pb2 as moderation
from presence_service.v1 import presence_service_pb2 as presences
from presence_service.v1 import session_service_pb2 as sessions

OWN = {
    descriptor.full_name: descriptor
    for file in (sessions, presences, events, moderation)
    for descriptor in file.DESCRIPTOR.services_by_name.values()
}


def check_health(address):
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ('', 'presence.v1.SessionService'):
            request = health_pb2.HealthCheckRequest(service=service)
            answer = stub.Check(request, timeout=PATIENCE_SECONDS)
            expect_equal(f'health of "{service}"', answer.status, health_pb2.HealthCheckResponse.SERVING)


def check_reflection(address):
    """Builds the contract from the descriptors of the server."""
    with grpc.insecure_channel(address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)

        def ask(**question):
            request = reflection_pb2.ServerReflectionRequest(**question)
            return next(iter(stub.ServerReflectionInfo(iter([request]), timeout=PATIENCE_SECONDS)))

        listed = {service.name for service in ask(list_services='*').list_services_response.service}
        expect('reflection lists the services', set(OWN) <= listed, listed)

        for name in sorted(OWN):
            pool = descriptor_pool.DescriptorPool()
            answer = ask(file_containing_symbol=name).file_descriptor_response.file_descriptor_proto
            files = {}
            for data in answer:
                file = descriptor_pb2.FileDescriptorProto.FromString(data)
                files[file.name] = file
            added = set()

            def add(file):
                if file.name in added:
                    return
                added.add(file.name)
                for dependency in file.dependency:
                    add(files[dependency])
                pool.Add(file)

            try:
                for file in files.values():
                    add(file)
                found = sorted(method.name for method in pool.FindServiceByName(name).methods)
            except (KeyError, TypeError) as error:
                found = error
            expect_equal(f'reflection describes all of {name}', found, sorted(m.name for m in OWN[name].methods))
            if name == 'presence.v1.SessionService' and isinstance(found, list):
                request = pool.FindMessageTypeByName('presence.v1.ConnectRequest')
                own = sessions.ConnectRequest.DESCRIPTOR
                fields = [(field.name, field.number, field.has_presence) for field in request.fields]
                expected_fields = [(field.name, field.number, field.has_presence) for field in own.fields]
                expect_equal('with the fields of its messages', fields, expected_fields)
