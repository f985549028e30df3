import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { REMOVED, RENAMED } from '../../src/config/retired-settings.js';
import { allSettings } from '../../src/config/settings.js';
import { REJECTIONS } from '../../src/api/rejections.js';
import * as events from '#contract/presence/v1/events_service_pb.js';
import * as presences from '#contract/presence/v1/presence_pb.js';
import * as presenceService from '#contract/presence/v1/presence_service_pb.js';
import { pages, textOf } from './markdown.js';

/** Names that do not belong to the project, and names that the documentation declares invalid. */
const FOREIGN = [
  'ENHANCE_YOUR_CALM',
  'GRPC_SSL_CIPHER_SUITES',
  'IDLE_TIMOUT_MS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'NO_COLOR',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'REDIS_PORT',
  'TEST_SEED',
  'PRESENCE_TEST_PROGRAM',
  'PRESENCE_TEST_REDIS',
];

/** The environment variables of the command line. */
const OF_COMMAND_LINE = ['PRESENCE_ADDRESS', 'PRESENCE_TOKEN'];

/** Names that only the changelog may mention. */
const retired: readonly string[] = [...Object.keys(RENAMED), ...Object.keys(REMOVED)];

const known = new Set([
  ...allSettings.map(({ name }) => name),
  ...Object.keys(status),
  ...Object.keys(REJECTIONS),
  ...FOREIGN,
  ...OF_COMMAND_LINE,
  ...enumNames(),
]);

describe('A name in capitals in the documentation', () => {
  it.each(pages())(
    'is a setting, a status of gRPC, a reason or a value of the contract in %s',
    (page) => {
      const others = page === 'CHANGELOG.md' ? retired : [];
      const names = namesIn(textOf(page));
      expect(names.filter((name) => !known.has(name) && !others.includes(name))).toEqual([]);
    },
  );

  it('is reported when it is none of these', () => {
    const text =
      'Set `IDLE_TIMEOUT=5` or `MAX_SESSIONS_PER_NODE=1`; `SYNC_RESET` and `NODE_LOST` mean NOTHING_AT_ALL.';
    expect(namesIn(text).filter((name) => !known.has(name))).toEqual(['IDLE_TIMEOUT']);
  });
});

/**
 * Returns the text of code spans that could be the name of a setting or of a value: words in
 * capitals, joined by underscores.
 */
function namesIn(text: string): string[] {
  const spans = text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g);
  return [...spans].map(([, name = '']) => name);
}

/** Returns the values of all enums of the contract, with and without the name of their enum. */
function enumNames(): string[] {
  const parts = [events, presences, presenceService].flatMap((file): unknown[] =>
    Object.values(file),
  );
  return parts.filter(isEnum).flatMap(({ values }) => values.flatMap((v) => [v.name, v.localName]));
}

interface EnumDescriptor {
  readonly kind: 'enum';
  readonly values: readonly { readonly name: string; readonly localName: string }[];
}

function isEnum(part: unknown): part is EnumDescriptor {
  return (part as { readonly kind?: unknown }).kind === 'enum';
}
