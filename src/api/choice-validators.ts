import { hasMaxLength, hasNoControlCharacters, isIdentifier } from '../domain/identifier.js';
import { CHOICE_OF, CHOICE_ON_WIRE } from './choices-mapper.js';
import type { Timestamp } from './generated/google/protobuf/timestamp.pb.js';
import type { Choices } from './generated/presence/v1/presence_service.pb.js';
import { isTimestampSecond } from './proto-mappers.js';
import { MAX_REMEMBERED_CHANNELS } from './request-limits.js';
import { IsOneOf, namesOf, rule } from './validators.js';

const MAX_STATUS_TEXT = 128;

const STATUS_TEXT = `must be at most ${MAX_STATUS_TEXT} characters, none of them a control character`;

/** Validates a status choice. */
export function IsStatusChoice(): PropertyDecorator {
  return IsOneOf(CHOICE_ON_WIRE);
}

/** Validates the text of a status. */
export function IsStatusText(): PropertyDecorator {
  return rule('isStatusText', isStatusText, STATUS_TEXT);
}

/** Validates an optional timestamp. */
export function IsTimestampIfGiven(): PropertyDecorator {
  return rule('isTimestamp', isTimestampOrAbsent, 'must be a valid timestamp');
}

/** Validates the optional choices that a client remembers of its user. */
export function AreChoicesIfGiven(): PropertyDecorator {
  const rules: readonly [string, (choices: Choices) => boolean, string][] = [
    ['haveVersions', haveVersions, 'must have a version above 0 in each part'],
    [
      'haveStatusChoice',
      ({ status }) => status === undefined || status.choice in CHOICE_OF,
      `must have a status.choice that is one of ${namesOf(CHOICE_ON_WIRE)}`,
    ],
    [
      'haveStatusText',
      ({ status }) => status === undefined || isStatusText(status.statusText),
      `must have a status.status_text of at most ${MAX_STATUS_TEXT} characters, none of them a control character`,
    ],
    [
      'haveExpiry',
      ({ status }) => isTimestampOrAbsent(status?.expiresAt),
      'must have a status.expires_at that is a valid timestamp',
    ],
    [
      'haveChannels',
      ({ channel }) =>
        channel === undefined ||
        (channel.channels.length <= MAX_REMEMBERED_CHANNELS &&
          channel.channels.every(({ channelId }) => isIdentifier(channelId))),
      `must have at most ${MAX_REMEMBERED_CHANNELS} channels, each with a channel_id of 1 to 128 characters, none of them a control character`,
    ],
  ];
  const decorators = rules.map(([name, predicate, sentence]) =>
    rule(name, (value) => value === undefined || predicate(value as Choices), sentence),
  );
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

function haveVersions({ status, microphone, speaker, channel }: Choices): boolean {
  return [status, microphone, speaker, channel].every((part) => part?.version !== 0);
}

function isStatusText(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    hasMaxLength(value, MAX_STATUS_TEXT) &&
    hasNoControlCharacters(value)
  );
}

function isTimestampOrAbsent(value: unknown): boolean {
  if (value === undefined) return true;
  const { seconds, nanos } = value as Timestamp;
  return isTimestampSecond(seconds) && nanos >= 0 && nanos <= 999_999_999;
}
