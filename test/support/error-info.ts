import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { status, type ServiceError } from '@grpc/grpc-js';
import { ErrorInfo } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';

/** The parts of an error by which programs decide. */
export interface Reason {
  readonly code: string;
  readonly reason: string;
  readonly domain: string;
}

/** A call with any headers and any body, which well-behaved clients do not send. */
export interface OddCall {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The message, or for gRPC the complete body if `isFramed` is false. */
  readonly body?: Buffer;
  readonly isFramed?: boolean;
}

/** Returns the reason of a gRPC call that fails. */
export async function reasonOverGrpc(
  address: string,
  { path, headers = {}, body = Buffer.alloc(0), isFramed = true }: OddCall,
  session = connect(`http://${address}`),
): Promise<Reason> {
  const trailers = await ended(session, path, headers, isFramed ? framed(body) : body);
  session.close();
  const details = Buffer.from(String(trailers['grpc-status-details-bin'] ?? ''), 'base64');
  const code = status[Number(trailers['grpc-status'])]!;
  return reasonIn(code, Status.decode(details).details);
}

/** Returns the reason and the message of a call that fails. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly reason: string; readonly message: string }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as ServiceError,
  );
  if (error === undefined) throw new Error('the call succeeded');
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw error;
  const { message, details } = Status.decode(bytes);
  return { reason: reasonIn(status[error.code], details).reason, message };
}

/** Returns the headers and trailers of a call. */
function ended(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<OutgoingHttpHeaders> {
  return new Promise((resolve, reject) => {
    let received: OutgoingHttpHeaders = {};
    const add = (more: OutgoingHttpHeaders): void => void (received = { ...received, ...more });
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('response', add).on('trailers', add).resume();
    stream.on('error', reject).on('close', () => resolve(received));
    stream.end(body);
  });
}

/** A message of gRPC, Connect or gRPC-Web with its length. */
export function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

interface ConnectError {
  readonly code: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/** Returns the reason of a unary call over Connect that fails. */
export async function reasonOverConnect(
  httpUrl: string,
  { path, headers = {}, body = Buffer.alloc(0) }: OddCall,
): Promise<Reason> {
  const response = await fetch(httpUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/proto', ...headers },
    body,
  });
  return reasonOfConnect((await response.json()) as ConnectError);
}

/** Returns the reason in an error of Connect. */
export function reasonOfConnect({ code, details = [] }: ConnectError): Reason {
  const parts = details.map(({ type, value }) => ({
    typeUrl: `/${type}`,
    value: Buffer.from(value, 'base64'),
  }));
  return reasonIn(code.toUpperCase(), parts);
}

function reasonIn(
  code: string,
  details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[],
): Reason {
  const infos = details.filter(({ typeUrl }) => typeUrl.endsWith('/google.rpc.ErrorInfo'));
  if (infos.length !== 1) throw new Error(`${code} has ${infos.length} reasons`);
  const { reason, domain } = ErrorInfo.decode(infos[0]!.value);
  return { code, reason, domain };
}
