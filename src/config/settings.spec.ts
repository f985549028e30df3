import { describe, expect, it } from 'vitest';
import { allSettings } from './settings.js';

describe('settings', () => {
  it.each(allSettings.filter((setting) => setting.default !== ''))(
    'have a default that is allowed: $name',
    (setting) => expect(setting.type.read(setting.default)).toBeDefined(),
  );

  it('have different names', () => {
    const names = allSettings.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are explained in sentences', () => {
    for (const { description } of allSettings) expect(description).toMatch(/^[A-Za-z].*\.$/);
  });

  it('have PER_NODE in their names if they limit a number per node', () => {
    const ownScope = ['MAX_STREAMS_PER_CONNECTION', 'MAX_HEAP_PERCENT'];
    for (const { name, scope } of allSettings) {
      if (!name.startsWith('MAX_') || ownScope.includes(name)) continue;
      expect(name.endsWith('_PER_NODE'), name).toBe(scope === 'per node');
    }
  });
});
