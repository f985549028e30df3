#!/usr/bin/env node
// Prints docs/openapi.yaml: the API over HTTP in JSON (the Connect protocol) as OpenAPI 3.1, from a file that `buf build` wrote.
import { readFileSync } from 'node:fs';
import { ScalarType } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { commentsIn, nameOf, readContract } from './contract.mjs';

const UNARY = 'application/json';
const STREAM = 'application/connect+json';

const INTRODUCTION = [
  'The methods of `presence.v1` over HTTP in JSON, with the protocol of Connect. Every call is a POST request.',
  `A method with a stream of responses takes and returns envelopes instead of plain JSON (\`${STREAM}\`): one byte of flags, the length of the message in four bytes (big-endian), and the message. The last envelope has the flag 2 and a message with \`error\`, or \`{}\`. The schema of such a body describes one message.`,
  'Fields with their default value are omitted in responses. Requests with unknown fields are rejected. Responses can get new fields.',
].join('\n\n');

const NUMBERS = {
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
};
/** Integers of 64 bits are text in JSON. */
const LONG = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
];
const UNSIGNED = [ScalarType.UINT32, ScalarType.FIXED32];
/** The JSON form of the types that come with protobuf. */
const WELL_KNOWN = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
};

const files = readContract(process.argv[2]);
const comments = new Map(files.flatMap((file) => [...commentsIn(file)]));
const services = files.flatMap((file) => file.services);
const methods = services.flatMap((service) => service.methods);
const requested = reachedFrom(methods.map(({ input }) => input));
const returned = reachedFrom(methods.map(({ output }) => output));
const messages = [...new Set([...requested, ...returned])];
const enums = new Set(messages.flatMap((message) => message.fields.flatMap((f) => f.enum ?? [])));

const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const document = {
  openapi: '3.1.0',
  info: {
    title: 'Presence service',
    version,
    description: INTRODUCTION,
    license: { name: license, identifier: license },
  },
  servers: [{ url: 'http://localhost:3000', description: 'HTTP_PORT of a node' }],
  security: [{ token: [] }],
  tags: services.map(({ name, typeName }) => ({ name, description: comments.get(typeName) })),
  paths: Object.fromEntries(methods.map(pathOf)),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    responses: { Error: errorResponse() },
    schemas: Object.fromEntries(
      [...messages.map(messageSchema), ...[...enums].map(enumSchema), errorSchema()].sort(
        ([a], [b]) => (a < b ? -1 : 1),
      ),
    ),
  },
};
process.stdout.write(
  `# Generated from proto/presence/v1 by \`npm run generate\`.\n${stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 })}`,
);

/** Returns these messages and all that their fields contain, except the types of protobuf. */
function reachedFrom(roots) {
  const found = new Set();
  const visit = (message) => {
    if (found.has(message) || message.typeName in WELL_KNOWN) return;
    found.add(message);
    for (const field of message.fields) if (field.message) visit(field.message);
  };
  roots.forEach(visit);
  return found;
}

function pathOf(method) {
  const { name, parent, input, output, methodKind } = method;
  const type = methodKind === 'unary' ? UNARY : STREAM;
  const description = comments.get(nameOf(method));
  const bodyOf = (message) => ({ [type]: { schema: reference(message) } });
  const post = {
    operationId: `${parent.name}_${name}`,
    tags: [parent.name],
    summary: description.split(/(?<=\.)\s/, 1)[0].replaceAll('\n', ' '),
    description,
    requestBody: { required: true, content: bodyOf(input) },
    responses: {
      200: {
        description:
          methodKind === 'unary'
            ? comments.get(output.typeName)
            : 'Envelopes with one message each.',
        content: bodyOf(output),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
  return [`/${parent.typeName}/${name}`, { post }];
}

function messageSchema(message) {
  const { name, typeName, fields, oneofs } = message;
  const properties = fields.map((field) => [
    field.jsonName,
    { ...schemaOf(field), description: comments.get(nameOf(field)) },
  ]);
  const choices = oneofs.map(
    (oneof) =>
      `At most one of ${oneof.fields.map(({ jsonName }) => jsonName).join(', ')} is present.`,
  );
  const schema = {
    type: 'object',
    description: [comments.get(typeName), ...choices].join('\n\n'),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    // Clients must accept new fields in responses.
    ...(!returned.has(message) && { additionalProperties: false }),
  };
  return [name, schema];
}

function schemaOf(field) {
  if (field.fieldKind === 'list') return { type: 'array', items: singleSchema(field) };
  if (field.fieldKind === 'map') {
    return { type: 'object', additionalProperties: singleSchema(field) };
  }
  return singleSchema(field);
}

function singleSchema({ message, enum: type, scalar }) {
  if (message) return WELL_KNOWN[message.typeName] ?? reference(message);
  if (type) return reference(type);
  if (LONG.includes(scalar)) return { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' };
  if (scalar in NUMBERS) return NUMBERS[scalar];
  return {
    type: 'integer',
    format: 'int32',
    ...(UNSIGNED.includes(scalar) && { minimum: 0 }),
  };
}

function enumSchema({ name, typeName, values }) {
  const lines = values.map((value) => `- \`${value.name}\`: ${comments.get(nameOf(value))}`);
  const description = `${comments.get(typeName)}\n\n${lines.join('\n')}`;
  return [name, { type: 'string', description, enum: values.map((value) => value.name) }];
}

function reference({ name }) {
  return { $ref: `#/components/schemas/${name}` };
}

function errorResponse() {
  return {
    description:
      'The call failed. The HTTP status follows from the code: https://connectrpc.com/docs/protocol#error-codes.',
    content: { [UNARY]: { schema: { $ref: '#/components/schemas/Error' } } },
  };
}

/** The error of the Connect protocol, which is no message of the contract. */
function errorSchema() {
  const schema = {
    type: 'object',
    required: ['code'],
    properties: {
      code: {
        type: 'string',
        description: 'The gRPC code in lower case, such as not_found. errors.md lists the reasons.',
      },
      message: { type: 'string' },
      details: {
        type: 'array',
        items: {
          type: 'object',
          required: ['type', 'value'],
          properties: {
            type: { type: 'string', description: 'Such as google.rpc.ErrorInfo.' },
            value: {
              type: 'string',
              contentEncoding: 'base64',
              description: 'The encoded message.',
            },
          },
        },
      },
    },
  };
  return ['Error', schema];
}
