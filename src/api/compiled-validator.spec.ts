import { IsInt, ValidateIf, validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import * as presence from '../presence/dto.js';
import { isValid } from './compiled-validator.js';
import { IsIdentifier, rule } from './validators.js';

class Plain {
  @IsIdentifier()
  readonly id!: string;

  @rule('isLonger', (value, request) => Number(value) > (request as Plain).id.length, 'is short')
  readonly length!: number;
}

class Inherited extends Plain {}

class Conditional {
  @ValidateIf(() => false)
  @IsInt()
  readonly count!: number;
}

class Each {
  @IsInt({ each: true })
  readonly counts!: number[];
}

describe('A request', () => {
  it('keeps the rules of its class when class-validator finds nothing wrong', () => {
    for (const [id, length] of [
      ['abc', 4],
      ['abc', 3],
      ['', 4],
      ['a\n', 4],
    ] as const) {
      for (const metatype of [Plain, Inherited]) {
        const request = Object.assign(new metatype(), { id, length });
        expect(isValid(request, metatype)).toBe(validateSync(request).length === 0);
      }
    }
  });

  it('is left to class-validator where a rule is more than a predicate', () => {
    expect(isValid(Object.assign(new Conditional(), { count: 1 }), Conditional)).toBe(false);
    expect(isValid(Object.assign(new Each(), { counts: [1] }), Each)).toBe(false);
  });

  it('of the contract is validated without class-validator', () => {
    const request = { sessionId: 'a', channelId: 'b' };
    const { JoinChannelRules } = presence;
    expect(isValid(Object.assign(new JoinChannelRules(), request), JoinChannelRules)).toBe(true);
  });
});
