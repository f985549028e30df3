import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isIdentifier } from '../domain/identifier.js';
import { MAX_ENUM_VALUES } from './request-limits.js';

const IDENTIFIER = 'must be 1 to 128 characters, none of them a control character';

/** Validates a user, channel or session id. */
export function IsIdentifier(): PropertyDecorator {
  return rule('isIdentifier', isIdentifier, IDENTIFIER);
}

/** Validates an id in a `oneof`, which may be absent because another field is set. */
export function IsIdentifierIfGiven(): PropertyDecorator {
  return rule(
    'isIdentifierIfGiven',
    (value) => value === undefined || isIdentifier(value),
    IDENTIFIER,
  );
}

/** Validates an id that may be left out. */
export function IsIdentifierOrEmpty(): PropertyDecorator {
  return rule(
    'isIdentifierOrEmpty',
    (value) => value === '' || isIdentifier(value),
    `must be empty, or ${IDENTIFIER.replace('must be ', '')}`,
  );
}

/** Validates a list of ids with at least `min` and at most `max` ids. */
export function AreIdentifiers(min: number, max: number): PropertyDecorator {
  return rule(
    'areIdentifiers',
    (value) =>
      Array.isArray(value) &&
      value.length >= min &&
      value.length <= max &&
      value.every(isIdentifier),
    `must be ${min} to ${max} ids; each ${IDENTIFIER}`,
  );
}

/** The accepted values of an enum, by the names that errors list. */
type EnumTable = Readonly<Record<string, number>>;

const LIST = new Intl.ListFormat('en-GB');

/** Lists the names of a table for an error: "A, B and C". */
export function namesOf(table: EnumTable): string {
  return LIST.format(Object.keys(table));
}

/** Validates that a value is one of the accepted enum values. */
export function IsOneOf(table: EnumTable, names = namesOf(table)): PropertyDecorator {
  const values = Object.values(table);
  return rule('isOneOf', (value) => values.includes(value as number), `must be one of ${names}`);
}

/** Validates a list of accepted enum values. Its length is limited, because a longer list could only repeat values. */
export function AreOneOf(table: EnumTable, names = namesOf(table)): PropertyDecorator {
  const values = Object.values(table);
  return rule(
    'areOneOf',
    (value) =>
      Array.isArray(value) &&
      value.length <= MAX_ENUM_VALUES &&
      value.every((item) => values.includes(item as number)),
    `may only hold ${names}, at most ${MAX_ENUM_VALUES} of them`,
  );
}

/** Validates the microphone's state of a request that must give it or the speaker's state. */
export function IsGivenUnlessSpeaker(): PropertyDecorator {
  return rule(
    'isMuteState',
    (value, request) =>
      value !== undefined ||
      (request as { readonly isSpeakerMuted?: boolean }).isSpeakerMuted !== undefined,
    'or is_speaker_muted must be given',
  );
}

/** Creates a rule of class-validator from a predicate and the text that completes the sentence "<field> ...". */
export function rule(
  name: string,
  predicate: (value: unknown, request: object) => boolean,
  sentence: string,
): PropertyDecorator {
  const options: ValidationOptions = { message: sentence };
  const validate = (value: unknown, args?: { readonly object: object }): boolean =>
    predicate(value, args?.object ?? {});
  return ValidateBy({ name, validator: { validate } }, options);
}
