// These tests count what a call creates instead of measuring time, so they find a performance regression without timing.
import { createHook } from 'node:async_hooks';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  GetPresenceRequest,
  JoinChannelRequest,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { encodeFrame } from '../../src/transport/grpc/frame.js';
import { Service, tokenOf } from '../support/service.js';

const CALLS = 100;

describe('A unary call', () => {
  let service: Service;
  let session: ClientHttp2Session;
  let token: string;
  let sessionId: string;
  beforeEach(async () => {
    service = await Service.start();
    const client = await service.client('caller');
    ({ sessionId } = await client.connect());
    token = await tokenOf('caller');
    // A client of Node itself creates neither promises nor timers.
    session = connect(`http://${service.address()}`);
  });
  afterEach(async () => {
    session?.destroy();
    await service.stop();
  });

  /** Makes a call, and passes the status of its response to `ended`. */
  function call(method: string, request: Uint8Array, ended: (status: string) => void): void {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/presence.v1.PresenceService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    stream.on('trailers', (trailers: IncomingHttpHeaders) =>
      ended(String(trailers['grpc-status'])),
    );
    stream.resume();
    stream.end(encodeFrame(Buffer.from(request)));
  }

  /** Makes calls one after the other, and returns how many promises and timers a call creates: the median of all calls. */
  async function costOf(
    method: string,
    requestOf: (n: number) => Uint8Array,
  ): Promise<{ readonly promises: number; readonly timers: number }> {
    let [promises, timers] = [0, 0];
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'PROMISE') promises++;
        if (type === 'Timeout') timers++;
      },
    });
    const counted: (readonly [promises: number, timers: number])[] = [];
    await new Promise<void>((resolve, reject) => {
      const next = (status: string): void => {
        if (status !== '0') return reject(new Error(`status ${status}`));
        counted.push([promises, timers]);
        [promises, timers] = [0, 0];
        if (counted.length > CALLS) return resolve();
        hook.enable();
        call(method, requestOf(counted.length), next);
      };
      // This call is not counted: it also verifies the token.
      call(method, requestOf(0), next);
    });
    hook.disable();
    // Other work of the process runs during some of the calls.
    const median = (values: readonly number[]): number =>
      [...values].sort((a, b) => a - b)[CALLS / 2]!;
    const [, ...calls] = counted;
    return {
      promises: median(calls.map(([each]) => each)),
      timers: median(calls.map(([, each]) => each)),
    };
  }

  it('that reads creates no timer and few promises', async () => {
    const request = GetPresenceRequest.encode({ userId: 'caller' }).finish();
    const { promises, timers } = await costOf('GetPresence', () => request);
    expect(timers).toBe(0);
    // Measured: 49. With the pipe and the writer of before there were 56.
    expect(promises).toBeLessThanOrEqual(50);
  });

  it('that changes a user creates few promises', async () => {
    const { promises } = await costOf('JoinChannel', (n) =>
      JoinChannelRequest.encode({
        sessionId,
        channelId: `channel-${n}`,
        keepOthers: false,
      }).finish(),
    );
    expect(promises).toBeLessThanOrEqual(50);
  });
});
