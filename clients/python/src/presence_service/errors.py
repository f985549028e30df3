"""The error of this package, with the reason that the service gave."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DOMAIN = 'presence.v1'
DETAILS = 'grpc-status-details-bin'

FINAL = frozenset(
    {
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@dataclass(frozen=True)
class FieldViolation:
    """A field of a request that breaks a rule."""

    field: str
    description: str


class PresenceError(Exception):
    """A failed call or stream. Decide by the reason, else by the code, never by the message."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = '',
        retry_after: float = 0.0,
        violations: tuple[FieldViolation, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        #: The reason of google.rpc.ErrorInfo, such as "TOKEN_REVOKED". Empty: the error is not from the service.
        self.reason = reason
        #: The time in seconds that the service asks to wait before the next attempt.
        self.retry_after = retry_after
        #: The invalid fields of the request.
        self.violations = violations

    @property
    def is_retryable(self) -> bool:
        """Whether the same call can succeed later, with no change by the program."""
        return self.code not in FINAL

    def __str__(self) -> str:
        return f'{self.reason or self.code.name}: {self.message}'

    @classmethod
    def of(cls, error: grpc.RpcError) -> 'PresenceError':
        """Converts an error of grpcio."""
        reason, retry_after, violations = '', 0.0, []
        for detail in _details_of(error):
            if detail.DESCRIPTOR.name == 'ErrorInfo' and detail.domain == DOMAIN:
                reason = detail.reason
            elif detail.DESCRIPTOR.name == 'RetryInfo':
                retry_after = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
            elif detail.DESCRIPTOR.name == 'BadRequest':
                violations = [FieldViolation(each.field, each.description) for each in detail.field_violations]
        return cls(
            error.code(), error.details() or '', reason=reason, retry_after=retry_after, violations=tuple(violations)
        )


def _classes() -> dict[str, Any]:
    # A pool of their own, so that googleapis-common-protos can be installed in any version, or not at all.
    pool = descriptor_pool.DescriptorPool()
    described = files(__package__).joinpath('google_rpc.binpb').read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(described).file:
        pool.Add(file)
    names = [f'google.rpc.{name}' for name in ('Status', 'ErrorInfo', 'RetryInfo', 'BadRequest')]
    descriptors = {name: pool.FindMessageTypeByName(name) for name in names}
    if hasattr(message_factory, 'GetMessageClass'):
        return {name: message_factory.GetMessageClass(each) for name, each in descriptors.items()}
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(each) for name, each in descriptors.items()}


_CLASSES = _classes()


def _details_of(error: grpc.RpcError) -> Iterator[Any]:
    for key, value in error.trailing_metadata() or ():
        if key != DETAILS:
            continue
        for detail in _CLASSES['google.rpc.Status'].FromString(value).details:
            known = _CLASSES.get(detail.type_url.rpartition('/')[2])
            if known is not None:
                yield known.FromString(detail.value)
