import type { DescMessage } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  JoinChannelRequest,
  JoinChannelResponse,
  UpdateStatusRequest,
  UpdateStatusResponse,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Answer } from './answer.js';
import type { Call } from './calls.js';
import type { Sight } from './world.js';

/** The status codes that are allowed for a valid call, whatever its request is. */
const ANSWERS: readonly status[] = [
  status.OK,
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.RESOURCE_EXHAUSTED,
];

/** The additional codes that are allowed if headers or framing do not conform to gRPC. */
const ANSWERS_TO_ODD_CALLS: readonly status[] = [
  ...ANSWERS,
  status.UNIMPLEMENTED,
  status.DEADLINE_EXCEEDED,
];

/**
 * Errors for which gRPC itself requires INTERNAL: data that cannot be decompressed, and bytes that
 * health or reflection cannot decode. Those two services use the code of the libraries.
 */
const AS_GRPC_HAS_IT = /^(Failed to decompress message|Error deserializing request)$/;

/** JSON may escape each character, so that a text is larger than any valid one before it is decoded. */
const TOO_LARGE = /larger value than any request may have/;

/** Characters that would break a line of text: control characters and malformed Unicode. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Cf}\ufffd]/u;

/** Returns a description of the fault in a response, or undefined if there is none. */
export function complaintAbout(
  call: Call,
  answer: Answer,
  before: Sight,
  after: Sight,
): string | undefined {
  return (
    complaintAboutStatus(call, answer) ??
    complaintAboutChanges(answer, before, after) ??
    (call.isPlain && call.rpc.isOurs ? complaintAboutSense(call, answer) : undefined)
  );
}

function complaintAboutStatus({ isPlain, rpc }: Call, answer: Answer): string | undefined {
  const { code, failure, wasLeft, httpStatus, message } = answer;
  if (wasLeft) return undefined;
  if (UNSAFE.test(message)) return 'its message is not escaped';
  if (failure !== undefined) return isPlain ? 'the stream was reset' : undefined;
  if (code === undefined || Number.isNaN(code)) {
    if ((httpStatus ?? 0) >= 500) return 'it is an error of the server';
    return isPlain || httpStatus === 200 ? 'there is no status' : undefined;
  }
  if ((isPlain ? ANSWERS : ANSWERS_TO_ODD_CALLS).includes(code)) return undefined;
  const isAsked = code === status.INTERNAL && AS_GRPC_HAS_IT.test(message);
  return isAsked && !(isPlain && rpc.isOurs) ? undefined : 'it is a status of nobody’s choice';
}

/** A call may have been carried out if the client did not receive its status. */
const UNHEARD: readonly (status | undefined)[] = [undefined, status.OK, status.DEADLINE_EXCEEDED];

function complaintAboutChanges(
  { code, wasLeft, httpStatus }: Answer,
  before: Sight,
  after: Sight,
): string | undefined {
  const isRefused = !wasLeft && (!UNHEARD.includes(code) || (httpStatus ?? 200) >= 400);
  if (!isRefused) return undefined;
  if (after.commits !== before.commits) return 'it was refused and something was committed';
  return after.state === before.state ? undefined : 'it was refused and the state is another';
}

/** Checks whether the server interpreted the request correctly. */
function complaintAboutSense(call: Call, answer: Answer): string | undefined {
  const { verdict, rpc } = call;
  const { code, fields, wasLeft } = answer;
  if (code === status.INVALID_ARGUMENT) {
    if (fields.length === 0) return 'no field is to blame';
    if (fields.includes('request')) {
      const isTooLarge = TOO_LARGE.test(answer.message);
      return verdict === 'message' && !isTooLarge
        ? 'it was refused although it is a message'
        : undefined;
    }
    const unknown = fields.find((field) => !isPath(field.split('.'), rpc.request));
    if (unknown !== undefined) return `${unknown} is to blame, which is no field`;
  }
  const isUnderstood =
    wasLeft || (code !== status.UNAUTHENTICATED && code !== status.RESOURCE_EXHAUSTED);
  if (verdict === 'malformed' && isUnderstood) return 'it was understood although it is no message';
  return code === status.OK ? complaintAboutResult(call, answer) : undefined;
}

/** Whether the names form a path from a message to a field within it. */
function isPath([name, ...rest]: readonly string[], type: DescMessage | undefined): boolean {
  const field = type?.fields.find((known) => known.name === name);
  if (rest.length > 0) return isPath(rest, field?.message);
  return field !== undefined || type?.oneofs.some((known) => known.name === name) === true;
}

/** Checks the content of the response, for methods where the expected content is simple. */
function complaintAboutResult(call: Call, { messages }: Answer): string | undefined {
  if (messages.length !== 1) return `it is answered with ${messages.length} messages`;
  if (call.verdict !== 'message') return undefined;
  const [message] = messages;
  const { path } = call.rpc;
  if (path.endsWith('/JoinChannel')) {
    const { channelId } = requestOf(call, JoinChannelRequest);
    const { presence } = messageOf(call, message!, JoinChannelResponse);
    return presence?.currentChannelId === channelId ? undefined : 'it joined another channel';
  }
  if (path.endsWith('/UpdateStatus')) {
    const { statusText } = requestOf(call, UpdateStatusRequest);
    const { presence } = messageOf(call, message!, UpdateStatusResponse);
    return presence?.statusText === statusText ? undefined : 'it has another text';
  }
  return undefined;
}

interface Type<T> {
  decode(bytes: Uint8Array): T;
}

/** Decodes the request. JSON may also use the field names of the contract. */
function requestOf<T>(call: Call, type: Type<T>): T {
  return messageOf(call, call.content, type);
}

/** Decodes a message and fills in the texts that JSON omits when they are empty. */
function messageOf<T>({ protocol }: Call, bytes: Uint8Array, type: Type<T>): T {
  if (!protocol.isJson) return type.decode(bytes);
  return withDefaults(JSON.parse(Buffer.from(bytes).toString()) as object) as T;
}

function withDefaults({ presence, ...fields }: { readonly presence?: object }): object {
  const { channel_id, status_text, ...rest } = fields as Readonly<Record<string, unknown>>;
  return {
    ...{ channelId: channel_id ?? '', statusText: status_text ?? '', ...rest },
    ...(presence !== undefined && { presence: { statusText: '', ...presence } }),
  };
}
