import {
  isAttributeKey,
  MAX_ATTRIBUTE_KEY_LENGTH,
  MAX_ATTRIBUTE_VALUE_BYTES,
} from '../domain/attributes.js';
import { MAX_CHANGED_ATTRIBUTES } from './request-limits.js';
import { rule } from './validators.js';

const KEY = `1 to ${MAX_ATTRIBUTE_KEY_LENGTH} letters, digits, "_", "-" or "."`;

/** Validates attributes: a map from keys to values. */
export function AreAttributes(): PropertyDecorator {
  return rule(
    'areAttributes',
    (value) =>
      value instanceof Map &&
      value.size <= MAX_CHANGED_ATTRIBUTES &&
      [...(value as Map<string, string>)].every(
        ([key, text]) =>
          isAttributeKey(key) && Buffer.byteLength(text) <= MAX_ATTRIBUTE_VALUE_BYTES,
      ),
    `must be at most ${MAX_CHANGED_ATTRIBUTES} attributes, each with a key of ${KEY} and a value of at most ${MAX_ATTRIBUTE_VALUE_BYTES} bytes`,
  );
}

/** Validates a list of keys of attributes. */
export function AreAttributeKeys(): PropertyDecorator {
  return rule(
    'areAttributeKeys',
    (value) =>
      Array.isArray(value) &&
      value.length <= MAX_CHANGED_ATTRIBUTES &&
      value.every((key) => isAttributeKey(key as string)),
    `must be at most ${MAX_CHANGED_ATTRIBUTES} keys, each of ${KEY}`,
  );
}
