import { Metadata, status } from '@grpc/grpc-js';
import type { ArgumentsHost } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InvalidToken } from '../auth/invalid-token.js';
import { RetryableError, RejectedError } from '../domain/rejected-error.js';
import { RejectionCounters } from '../limits/rejection-counters.js';
import { ErrorFilter } from './error.filter.js';
import { ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.pb.js';
import { Status } from './generated/google/rpc/status.pb.js';

interface Thrown {
  readonly code: status;
  readonly message: string;
  readonly metadata?: Metadata;
}

const refusedCalls = new RejectionCounters();

/** A call without a request id. */
const host = { getArgByIndex: () => new Metadata() } as unknown as ArgumentsHost;

function thrownFor(error: unknown): Promise<Thrown> {
  return firstValueFrom(new ErrorFilter(refusedCalls).catch(error, host)).then(
    () => Promise.reject(new Error('nothing was thrown')),
    (thrown: Thrown) => thrown,
  );
}

describe('An error that reaches the client', () => {
  it('has a retry hint while the store is unavailable', async () => {
    const { code, metadata } = await thrownFor(new RejectedError('STORE_UNAVAILABLE', 'try again'));
    expect(status[code]).toBe('UNAVAILABLE');
    const [bytes] = metadata!.get('grpc-status-details-bin');
    const { details } = Status.decode(bytes as Buffer);
    expect(details.map(({ typeUrl }) => typeUrl)).toEqual([
      'type.googleapis.com/google.rpc.ErrorInfo',
      'type.googleapis.com/google.rpc.RetryInfo',
    ]);
    expect(ErrorInfo.decode(details[0]!.value)).toMatchObject({
      reason: 'STORE_UNAVAILABLE',
      domain: 'presence.v1',
    });
    expect(RetryInfo.decode(details[1]!.value).retryDelay).toEqual({ seconds: 1, nanos: 0 });
  });

  it('has a retry hint if a limit was exceeded, and is counted by that limit', async () => {
    const { code, metadata } = await thrownFor(
      new RetryableError('TOO_MANY_COMMANDS', 'wait', 1020),
    );
    expect(status[code]).toBe('RESOURCE_EXHAUSTED');
    const { details } = Status.decode(metadata!.get('grpc-status-details-bin')[0] as Buffer);
    expect(RetryInfo.decode(details[1]!.value).retryDelay).toEqual({
      seconds: 1,
      nanos: 20_000_000,
    });
    expect(refusedCalls.counts.MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE).toBe(1);
  });

  it('has the code of its reason and the message of the rejection', async () => {
    const { code, message } = await thrownFor(new RejectedError('NODE_LOST', 'connect again'));
    expect([status[code], message]).toEqual(['UNAVAILABLE', 'connect again']);
  });

  it('is counted by its reason', async () => {
    const before = { ...refusedCalls.reasons };
    await thrownFor(new RejectedError('NODE_LOST', 'connect again'));
    await thrownFor(new Error('a bug'));
    await thrownFor(new InvalidToken('no token'));
    expect(refusedCalls.reasons).toEqual({
      ...before,
      NODE_LOST: before.NODE_LOST + 1,
      INTERNAL_ERROR: before.INTERNAL_ERROR + 1,
      TOKEN_MISSING: before.TOKEN_MISSING + 1,
    });
  });
});
