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

## What a client receives

Every failed call ends with a gRPC status: a code, a message for developers, and details in the trailer
\`grpc-status-details-bin\`. Decide by the code and the details, never by the message: its text may change.

| detail                  | comes with                                       | contains                                                 |
| ----------------------- | ------------------------------------------------ | -------------------------------------------------------- |
| \`google.rpc.RetryInfo\`  | UNAVAILABLE and RESOURCE_EXHAUSTED, where it helps | how long to wait before the next attempt                 |
| \`google.rpc.BadRequest\` | INVALID_ARGUMENT                                 | each wrong field as the contract spells it, and the rule |

Over HTTP the same errors have the form of Connect or gRPC-Web ([browser.md](browser.md)). The client library turns
them into a \`PresenceError\` with a code, \`retryAfterMs\` and \`violations\` ([client](../client/README.md#errors)).

A rejected call has changed nothing. A call may have been carried out if it ended with DEADLINE_EXCEEDED, INTERNAL or a lost connection, or with
UNAVAILABLE because Redis did not confirm in time. Every call may be repeated without harm.

## What a client does, by code

| code                | repeat the call?                                                                                                              |
| ------------------- | ----------------------------------------------------------------------------------------------------------------------------- |
| UNAVAILABLE         | Yes, after the time in RetryInfo. Without RetryInfo wait with exponential back-off and jitter, for instance 0.25 s to 10 s.   |
| RESOURCE_EXHAUSTED  | With RetryInfo yes, after that time. Without it, not unchanged: free a session or a subscription, send less, or read faster.  |
| UNAUTHENTICATED     | Once, with a new token.                                                                                                       |
| DEADLINE_EXCEEDED   | Yes. The first attempt may have been carried out.                                                                             |
| NOT_FOUND           | Not unchanged. Connect again to get a live session.                                                                         |
| ABORTED             | No. A call of \`EndSession\` ended the session.                                                                                  |
| PERMISSION_DENIED   | No. Correct the program or the token.                                                                                         |
| INVALID_ARGUMENT    | No. Correct the field that BadRequest names.                                                                                  |
| FAILED_PRECONDITION | Yes, on a connection of its own (HTTP/1.1 only).                                                                              |
| UNIMPLEMENTED       | No. The server does not have the method, or a proxy blocks it.                                                                |
| CANCELLED           | Only if the client did not cancel the call itself.                                                                            |
| INTERNAL            | Yes, with back-off. Report the request id in the message to the operators: the server's log has it.                           |
| UNKNOWN             | As UNAVAILABLE. The service does not send it; a proxy may.                                                                    |

A stream of \`Connect\` or \`Subscribe\` that ends with an error is opened again by the same rules.

## Rejections with a reason

Each rule of the service rejects with a reason. Operators see reasons in the metric \`presence_errors_total\`
([observability.md](observability.md)).

| reason | code | when | what the client does |
| ------ | ---- | ---- | -------------------- |
${rows.map((row) => `| ${row} |`).join('\n')}

## Other errors

These are found before the rules of the service see the call, or by the transport. They have no reason.

| code | when | what the client does |
| ---- | ---- | -------------------- |
| UNAUTHENTICATED | The call has no bearer token or several (\`no token\`), the token cannot be verified (\`token is not valid\`), or it is valid but has expired (\`token expired\`). | Get a new token and repeat the call once. |
| UNAVAILABLE | The key set at \`AUTH_JWKS_URL\` cannot be fetched, so that no token can be verified. | Repeat with back-off. |
| UNAVAILABLE | The connection was lost, or the server closed it: its limits of connections, bytes or rejected calls were exceeded, or it has stopped. | Connect again with back-off. After ENHANCE_YOUR_CALM wait some seconds and call less often. |
| INVALID_ARGUMENT | A field is outside its limits, or the bytes are no message. BadRequest names the field. | Correct the request. |
| INVALID_ARGUMENT | The header \`grpc-timeout\` or its counterpart over HTTP is malformed. | Correct the client. |
| RESOURCE_EXHAUSTED | The request is larger than its method allows. | Name fewer users or channels in one request. |
| RESOURCE_EXHAUSTED | The connection, or all connections together, hold too many incomplete requests or unread responses. | Read responses, and have fewer calls in flight. |
| RESOURCE_EXHAUSTED | Too many streams of health or reflection, which need no token, are open. | Close streams. |
| FAILED_PRECONDITION | Over HTTP/1.1 a stream was requested behind another call on the same connection. | Open a connection for each stream. |
| UNIMPLEMENTED | The method does not exist, or a request over HTTP is compressed. | Correct the client. |
| NOT_FOUND | The health service does not know the name of a service. | Correct the client. |
| DEADLINE_EXCEEDED | The deadline of the client passed. | Repeat the call. |
| INTERNAL | A fault of the server. The message has the request id under which the server logged it. Also: a compressed request cannot be inflated. | Repeat with back-off, and report the id. |
`;
process.stdout.write(
  await format(markdown, { ...(await resolveConfig('docs/errors.md')), parser: 'markdown' }),
);
