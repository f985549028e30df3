#!/usr/bin/env node
// Prints docs/errors.md. The reasons come from src/api/rejections.ts.
import { status } from '@grpc/grpc-js';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const { REJECTIONS } = (await runnerImport('./src/api/rejections.ts')).module;
const rows = Object.entries(REJECTIONS).map(([reason, { code, when, action }]) =>
  [`\`${reason}\``, status[code], when, action].join(' | '),
);
const markdown = `# Errors

<!-- Generated from src/api/rejections.ts and scripts/errors-reference.mjs by \`npm run generate\`. -->

This page lists every error of the API, the condition that causes it, and what a client does about it.

## Format of an error

Every failed call ends with a gRPC status: a code, a message for developers, and details in the trailer
\`grpc-status-details-bin\`, a serialized \`google.rpc.Status\`. Decide by the reason. If
your client does not know the reason, decide by the code. Never decide by the message: its text may change.

| detail                  | comes with                                       | contains                                                 |
| ----------------------- | ------------------------------------------------ | -------------------------------------------------------- |
| \`google.rpc.ErrorInfo\`  | every error of the service                         | the reason below, and the domain \`presence.v1\` |
| \`google.rpc.RetryInfo\`  | UNAVAILABLE and RESOURCE_EXHAUSTED, where it helps | how long to wait before the next attempt                 |
| \`google.rpc.BadRequest\` | INVALID_ARGUMENT                                 | each wrong field as the contract spells it, and the rule |

Over HTTP the same errors have the form of Connect or gRPC-Web ([browser.md](browser.md)). The client library turns
them into a \`PresenceError\` with a code, \`reason\`, \`retryAfterMs\` and \`violations\` ([client](../client/README.md#errors)).

Later versions of the service can send reasons that are not in this list. Handle an unknown reason by its code.

A rejected call has changed nothing. A call may have been carried out if it ended with DEADLINE_EXCEEDED, INTERNAL or a lost connection, or with
UNAVAILABLE because Redis did not confirm in time. Every call may be repeated without harm.

## Client behaviour by code

| code                | repeat the call?                                                                                                              |
| ------------------- | ----------------------------------------------------------------------------------------------------------------------------- |
| UNAVAILABLE         | Yes, after the time in RetryInfo. Without RetryInfo wait with exponential back-off and jitter, for instance 0.25 s to 10 s.   |
| RESOURCE_EXHAUSTED  | With RetryInfo yes, after that time. Without it, only after a change: end a session or a subscription, send less, or read faster.  |
| UNAUTHENTICATED     | Once, with a new token.                                                                                                       |
| DEADLINE_EXCEEDED   | Yes. The first attempt may have been carried out.                                                                             |
| NOT_FOUND           | No. Call \`Connect\` again, then repeat the call with the new session id.                                                                         |
| ABORTED             | No. A call of \`EndSession\` ended the session.                                                                                  |
| PERMISSION_DENIED   | No. Correct the program or the token.                                                                                         |
| INVALID_ARGUMENT    | No. Correct the field that BadRequest names.                                                                                  |
| FAILED_PRECONDITION | Yes, on a new connection (HTTP/1.1 only).                                                                              |
| UNIMPLEMENTED       | No. The server does not have the method, or a proxy blocks it.                                                                |
| CANCELLED           | Only if the client did not cancel the call itself.                                                                            |
| INTERNAL            | Yes, with back-off. Report the request id in the message to the operators: the server's log has it.                           |
| UNKNOWN             | As UNAVAILABLE. The service does not send it; a proxy may.                                                                    |

A stream of \`Connect\` or \`Subscribe\` that ends with an error is opened again by the same rules.

## Reasons

Operators see reasons in the metric \`presence_errors_total\` ([observability.md](observability.md)), except those from
\`INVALID_TIMEOUT\` to \`DEADLINE_EXCEEDED\` in this table: the transport rejects these calls before the service counts them.

| reason | code | when | what the client does |
| ------ | ---- | ---- | -------------------- |
${rows.map((row) => `| ${row} |`).join('\n')}

## Errors without a reason

These do not come from the service, or the connection is lost before it can respond.

| code | when | what the client does |
| ---- | ---- | -------------------- |
| UNAVAILABLE | The connection was lost, or the server closed it: its limits of connections, bytes or rejected calls were exceeded, or it has stopped. | Connect again with back-off. After ENHANCE_YOUR_CALM wait some seconds and call less often. |
| RESOURCE_EXHAUSTED | The server reset the stream (ENHANCE_YOUR_CALM): an incomplete request or an unread response took more than 30 seconds or exceeded a byte budget. | Read responses, and have fewer calls in flight. |
| DEADLINE_EXCEEDED | The client itself noticed that its RPC deadline passed. | Repeat the call. |
| UNKNOWN, or an HTTP status | A proxy responded instead of the service. | As UNAVAILABLE. |
`;
process.stdout.write(
  await format(markdown, { ...(await resolveConfig('docs/errors.md')), parser: 'markdown' }),
);
