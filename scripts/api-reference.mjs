#!/usr/bin/env node
// Prints docs/api.md: the contract with its comments, from a file that `buf build` wrote.
import { ScalarType } from '@bufbuild/protobuf';
import { format, resolveConfig } from 'prettier';
import { commentsIn, nameOf, PACKAGE, readContract } from './contract.mjs';

/** In the order in which a reader needs them. */
const SERVICES = ['SessionService', 'PresenceService', 'EventsService', 'ModerationService'];
/** The descriptions of the types that come with protobuf. */
const WELL_KNOWN = 'https://protobuf.dev/reference/protobuf/google.protobuf/';

const files = readContract(process.argv[2]);
const services = files
  .flatMap(({ services }) => services)
  .sort((a, b) => SERVICES.indexOf(a.name) - SERVICES.indexOf(b.name));
const messages = files.flatMap(({ messages }) => messages);
const enums = files.flatMap(({ enums }) => enums);
const comments = new Map(files.flatMap((file) => [...commentsIn(file)]));
const anchors = new Map(anchorsOf());

const own = new Set(services.flatMap(({ methods }) => methods.flatMap((m) => [m.input, m.output])));
const markdown = `# API reference

<!-- Generated from the comments in proto/presence/v1 by \`npm run generate\`. -->

${commentOf(PACKAGE)}

[errors.md](errors.md) lists every error with its reason and what a client does about it.

In JSON, as browsers and \`grpcurl\` write it, names are in camelCase (\`user_id\` is \`userId\`), times are text
(\`2026-01-31T12:00:00Z\`), and so are durations (\`6s\`). [openapi.yaml](openapi.yaml) has the same API over HTTP as OpenAPI 3.1.

${services.map(contents).join('\n')}

${services.map(serviceSection).join('\n')}
## Messages

${messages
  .filter((message) => !own.has(message))
  .map((message) => messageSection(message))
  .join('\n')}
## Enums

${enums.map(enumSection).join('\n')}`;
process.stdout.write(
  await format(markdown, { ...(await resolveConfig('docs/api.md')), parser: 'markdown' }),
);

/** Yields the anchor for each name that comments can mention. */
function* anchorsOf() {
  for (const { name } of [...messages, ...enums]) yield [name, name.toLowerCase()];
  for (const { values, name } of enums) {
    for (const value of values) yield [value.name, name.toLowerCase()];
  }
  for (const { name, methods } of services) {
    yield [name, name.toLowerCase()];
    for (const method of methods) yield [method.name, method.name.toLowerCase()];
  }
}

/**
 * Turns mentions of other parts of the contract into links. `self` is the anchor of the comment
 * itself.
 */
function linked(comment, self) {
  return comment.replaceAll(/`(\w+)`/g, (mention, name) => {
    const anchor = anchors.get(name);
    return anchor === undefined || anchor === self ? mention : `[${mention}](#${anchor})`;
  });
}

function commentOf(name, self) {
  const comment = comments.get(name);
  if (!comment) throw new Error(`${name} has no comment`);
  return linked(comment, self);
}

/** Returns the comment in one line, for a list. */
function lineOf(name, self) {
  return commentOf(name, self).replaceAll('\n', ' ');
}

function contents({ name, methods }) {
  const links = methods.map((method) => `[${method.name}](#${method.name.toLowerCase()})`);
  return `- [${name}](#${name.toLowerCase()}): ${links.join(' · ')}`;
}

function serviceSection(service) {
  return `## ${service.name}

${commentOf(service.typeName)}

${service.methods.map(methodSection).join('\n')}`;
}

function methodSection(method) {
  const { name, parent, input, output, methodKind } = method;
  const comment = commentOf(nameOf(method), name.toLowerCase());
  if (!/^Errors[:,]/m.test(comment)) throw new Error(`${name} does not say its errors`);
  const answer = `${methodKind === 'server_streaming' ? 'a stream of ' : ''}${typeLink(output)}`;
  return `### ${name}

\`${parent.typeName}/${name}\`: ${typeLink(input)}, answered with ${answer}.

${comment}

${messageSection(input, true)}
${messageSection(output, true)}`;
}

/** A message that belongs to a method is listed under that method, and does not name it again. */
function messageSection(message, isOfMethod = false) {
  const self = message.name.toLowerCase();
  const comment = commentOf(message.typeName, self);
  const text = isOfMethod ? comment.replace(/^(Request|Response) of .*?\.\s*/, '') : comment;
  const lines = message.members.map((member) =>
    member.kind === 'oneof' ? oneofLines(member, self) : fieldLine(member, self),
  );
  const fields = lines.length > 0 ? lines.join('\n') : 'Empty.';
  return `${isOfMethod ? '####' : '###'} ${message.name}\n\n${text}\n\n${fields}\n`;
}

function fieldLine(field, self) {
  return `- \`${field.name}\` ${typeOf(field)}: ${lineOf(nameOf(field), self)}`;
}

function oneofLines(oneof, self) {
  const fields = oneof.fields.map((field) => `  ${fieldLine(field, self)}`);
  return `- \`${oneof.name}\`, one of these: ${lineOf(nameOf(oneof), self)}\n${fields.join('\n')}`;
}

function typeOf(field) {
  if (field.fieldKind === 'list') return `repeated ${singleType(field)}`;
  if (field.fieldKind === 'map')
    return `map from ${ScalarType[field.mapKey].toLowerCase()} to ${singleType(field)}`;
  return `${field.proto.proto3Optional ? 'optional ' : ''}${singleType(field)}`;
}

function singleType({ message, enum: type, scalar }) {
  if (message) return typeLink(message);
  return type ? typeLink(type) : ScalarType[scalar].toLowerCase();
}

function typeLink({ name, typeName }) {
  if (typeName.startsWith('google.protobuf.'))
    return `[${name}](${WELL_KNOWN}#${name.toLowerCase()})`;
  return `[${name}](#${anchors.get(name)})`;
}

function enumSection({ name, typeName, values }) {
  const self = name.toLowerCase();
  const lines = values.map((value) => `- \`${value.name}\`: ${lineOf(nameOf(value), self)}`);
  return `### ${name}\n\n${commentOf(typeName, self)}\n\n${lines.join('\n')}\n`;
}
