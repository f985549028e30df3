import { expect, it } from 'vitest';
import { attributeOption, attributesOf } from './attributes.js';

it('attributes are read from key=value, and a key alone is removed', () => {
  expect(Object.entries(attributesOf('doc=a=b', 'typing', 'empty=', '__proto__=x'))).toEqual([
    ['doc', 'a=b'],
    ['typing', undefined],
    ['empty', ''],
    ['__proto__', 'x'],
  ]);
});

it('an option for attributes may be repeated and needs a value', () => {
  expect(attributeOption('b=2', attributeOption('a=1'))).toEqual(['a=1', 'b=2']);
  expect(() => attributeOption('a')).toThrow('key=value');
});
