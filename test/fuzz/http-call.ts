import { Agent, request, type IncomingMessage } from 'node:http';
import { status } from '@grpc/grpc-js';
import { BadRequest } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { fieldsIn, type Answer } from './answer.js';
import { ANSWERED_WITHIN_MS, type RawRequest } from './connection.js';

type Ending = Pick<Answer, 'code' | 'message' | 'fields'>;

const NO_ENDING: Ending = { code: undefined, message: '', fields: [] };

/** An error in the format of Connect. */
interface ConnectErrorJson {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/**
 * Makes a call over HTTP/1.1 on a separate connection, and waits for its end. Cancels a stream that
 * has begun without an error.
 */
export function callOverHttp(
  address: string,
  { path, isStream, headers, body, token, contentType }: RawRequest,
): Promise<Answer> {
  const { ':method': method = 'POST', ':path': target = path, ...others } = headers;
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const call = request(`http://${address}`, {
      ...{ agent, method, path: target },
      headers: {
        'content-type': contentType,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...others,
      },
    });
    const timer = setTimeout(() => {
      call.destroy();
      reject(new Error(`${path} is not answered over HTTP`));
    }, ANSWERED_WITHIN_MS);
    let response: IncomingMessage | undefined;
    let data = Buffer.alloc(0);
    let wasLeft = false;
    let failure: string | undefined;
    const end = (): void => {
      clearTimeout(timer);
      agent.destroy();
      try {
        resolve(answerOf(response, data, wasLeft, failure));
      } catch (error) {
        reject(
          new Error(`the answer is not of the protocol: ${data.toString()}`, { cause: error }),
        );
      }
    };
    call.on('error', (error) => (failure = error.message));
    call.on('close', end);
    call.on('response', (received) => {
      response = received;
      received.on('error', (error) => (failure = error.message));
      received.on('data', (chunk: Buffer) => {
        data = Buffer.concat([data, chunk]);
        if (!isStream || received.statusCode !== 200 || data[0] !== 0) return;
        wasLeft = true;
        call.destroy();
      });
    });
    call.end(body);
  });
}

function answerOf(
  response: IncomingMessage | undefined,
  data: Buffer,
  wasLeft: boolean,
  failure: string | undefined,
): Answer {
  const type = response?.headers['content-type'] ?? '';
  const httpStatus = response?.statusCode;
  const answer = { httpStatus, wasLeft, failure: wasLeft ? undefined : failure };
  if (wasLeft || failure !== undefined || response === undefined) {
    return { ...answer, ...NO_ENDING, messages: [] };
  }
  if (/^application\/(grpc-web|connect)\+/.test(type)) {
    const envelopes = envelopesIn(data);
    const messages = envelopes.filter(({ flag }) => flag === 0).map(({ content }) => content);
    const last = envelopes.find(({ flag }) => flag !== 0)?.content;
    const isWeb = type.startsWith('application/grpc-web');
    const ending =
      last === undefined ? NO_ENDING : isWeb ? endingOfWeb(last) : endingOfConnect(last);
    return { ...answer, ...ending, messages };
  }
  if (httpStatus === 200) return { ...answer, ...NO_ENDING, code: status.OK, messages: [data] };
  const isError = type.startsWith('application/json') && data.includes('"code"');
  const ending = isError ? endingOf(parsed(data) as ConnectErrorJson) : NO_ENDING;
  return { ...answer, ...ending, messages: [] };
}

function envelopesIn(data: Buffer): readonly { readonly flag: number; readonly content: Buffer }[] {
  const envelopes = [];
  for (let at = 0; at < data.length;) {
    const end = at + 5 + data.readUInt32BE(at + 1);
    if (end > data.length) throw new Error('an envelope is cut off');
    envelopes.push({ flag: data[at]!, content: data.subarray(at + 5, end) });
    at = end;
  }
  return envelopes;
}

function endingOfWeb(content: Buffer): Ending {
  const trailers = new Headers();
  for (const line of content.toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return {
    code: Number(trailers.get('grpc-status') ?? NaN),
    message: decodeURIComponent(trailers.get('grpc-message') ?? ''),
    fields: fieldsIn(trailers.get('grpc-status-details-bin') ?? undefined),
  };
}

function endingOfConnect(content: Buffer): Ending {
  const { error } = parsed(content) as { readonly error?: ConnectErrorJson };
  return error === undefined ? { ...NO_ENDING, code: status.OK } : endingOf(error);
}

function endingOf({ code, message = '', details = [] }: ConnectErrorJson): Ending {
  const fields = details
    .filter(({ type }) => type === 'google.rpc.BadRequest')
    .flatMap(({ value }) => BadRequest.decode(Buffer.from(value, 'base64')).fieldViolations)
    .map(({ field }) => field);
  const name = code === 'canceled' ? 'CANCELLED' : code.toUpperCase();
  return { code: status[name as keyof typeof status], message, fields };
}

function parsed(content: Buffer): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
}
