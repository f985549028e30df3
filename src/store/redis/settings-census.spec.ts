import { beforeEach, describe, expect, it } from 'vitest';
import { POLICY } from '../../../test/support/play.js';
import type { RedisClient } from './redis-client.js';
import { SettingsCensus, type SharedSettings } from './settings-census.js';

const SETTINGS: SharedSettings = {
  ...POLICY,
  ...{ visibility: 'everyone', channelAccess: 'any' },
  ...{ maxTokenLifetimeMs: undefined, maxEventAgeMs: 300_000 },
};

describe('The census of settings', () => {
  let stored: Map<string, string>;
  let warnings: string[];
  let alive: string[];
  beforeEach(() => {
    stored = new Map();
    warnings = [];
    alive = ['a', 'b'];
  });

  function censusOf(node: string, settings: Partial<SharedSettings> = {}): SettingsCensus {
    const port = {
      writeField: async (_: string, field: string, value: string) => stored.set(field, value),
      removeField: async (_: string, field: string) => void stored.delete(field),
    };
    return new SettingsCensus({
      port: port as unknown as RedisClient,
      ...{ key: 'settings', node: () => node, alive: () => alive },
      settings: { ...SETTINGS, ...settings },
      logger: { warn: (text: string) => void warnings.push(text) },
    });
  }

  it('finds no difference between nodes with the same settings', async () => {
    await censusOf('b').compare();
    const census = censusOf('a');
    await census.compare();
    expect(census.differing).toBe(0);
    expect(warnings).toEqual([]);
  });

  it.each<[keyof SharedSettings, string, Partial<SharedSettings>]>([
    ['maxEventAgeMs', 'EVENT_LOG_MAX_AGE_MS', { maxEventAgeMs: 86_400_000 }],
    ['idleTimeoutMs', 'IDLE_TIMEOUT_MS', { idleTimeoutMs: 1 }],
    ['visibility', 'VISIBILITY', { visibility: 'groups' }],
  ])('finds a node with another %s, and warns once', async (_, name, other) => {
    await censusOf('b', other).compare();
    const census = censusOf('a');
    await census.compare();
    await census.compare();
    expect(census.differing).toBe(1);
    expect(warnings).toEqual([
      `Other nodes have different values of ${name}; set the same values on all nodes`,
    ]);
  });

  it('says nothing of the age of events of a node of an earlier release, which does not write it', async () => {
    const { maxEventAgeMs, ...others } = SETTINGS;
    expect(maxEventAgeMs).toBe(300_000);
    stored.set('b', JSON.stringify(others));
    const census = censusOf('a');
    await census.compare();
    expect(census.differing).toBe(0);
  });

  it('forgets a node that is not alive', async () => {
    await censusOf('c', { maxEventAgeMs: 1 }).compare();
    const census = censusOf('a');
    await census.compare();
    expect(census.differing).toBe(0);
    expect([...stored.keys()]).toEqual(['a']);
  });

  it('finds out whether all live nodes read messages with changes', async () => {
    const [a, b] = [censusOf('a'), censusOf('b')];
    await a.checkFormats();
    expect(a.allReadChanges, 'nothing is known of b').toBe(false);
    await b.checkFormats();
    await a.checkFormats();
    expect([a.allReadChanges, b.allReadChanges]).toEqual([true, true]);
    // A node of an earlier release, which announces no format.
    alive = ['a', 'b', 'c'];
    stored.set('c', JSON.stringify(SETTINGS));
    await a.checkFormats();
    expect(a.allReadChanges).toBe(false);
    alive = ['a', 'b'];
    await a.checkFormats();
    expect(a.allReadChanges).toBe(true);
    expect(warnings).toEqual([]);
  });
});
