import type { Metadata } from '@grpc/grpc-js';
import { BadRequest } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';

/**
 * Decodes the google.rpc.Status of an error and the BadRequest in it, as a client in any language
 * does.
 */
export function richStatusOf({ metadata }: { readonly metadata: Metadata }) {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error('there are no details');
  const { code, message, details } = Status.decode(bytes);
  return {
    code,
    message,
    types: details.map(({ typeUrl }) => typeUrl),
    violations: details.filter(isBadRequest).flatMap(({ value }) =>
      BadRequest.decode(value).fieldViolations.map(({ field, description }) => ({
        field,
        description,
      })),
    ),
  };
}

function isBadRequest({ typeUrl }: { readonly typeUrl: string }): boolean {
  return typeUrl === 'type.googleapis.com/google.rpc.BadRequest';
}
