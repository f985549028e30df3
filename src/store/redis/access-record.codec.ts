import {
  accessRules,
  HIDDEN_FROM_NOBODY,
  NO_ACCESS_RULES,
  type AccessRules,
  type Hidings,
  type Hiding,
} from '../../domain/access-rules.js';
import { presenceFields, presenceOf, type StoredPresence } from './presence-record.codec.js';
import { texts, time, timeOrNone } from './record-fields.js';

/** See `AccessRules`. */
export type AccessFields = readonly [
  hidings: readonly HidingFields[],
  tokensValidFrom: number | null,
];

/**
 * See `Hiding`. Viewers who see the same share the presence: a user can hide from 1,000 viewers with one command, and every
 * commit of that user writes the record.
 */
type HidingFields = readonly [
  presence: StoredPresence | null,
  endedAt: number | null,
  endedVersion: number,
  viewerIds: readonly string[],
  activeUntil?: number,
];

/** Encodes the access rules of a user. Undefined: there are none. */
export function accessFields({
  hiddenFrom,
  tokensValidFrom,
}: AccessRules): AccessFields | undefined {
  if (hiddenFrom.size === 0 && tokensValidFrom === undefined) return undefined;
  return [hidingFields(hiddenFrom), tokensValidFrom ?? null];
}

function hidingFields(hiddenFrom: Hidings): readonly HidingFields[] {
  const viewersOf = new Map<Hiding, string[]>();
  for (const [viewerId, hiding] of hiddenFrom) {
    const viewers = viewersOf.get(hiding);
    if (viewers === undefined) viewersOf.set(hiding, [viewerId]);
    else viewers.push(viewerId);
  }
  return [...viewersOf].map(([{ presence, endedAt, endedVersion, activeUntil }, viewerIds]) => {
    const stored = presence === undefined ? null : presenceFields(presence);
    const end = endedAt ?? null;
    return activeUntil === undefined
      ? [stored, end, endedVersion, viewerIds]
      : [stored, end, endedVersion, viewerIds, activeUntil];
  });
}

/** Decodes the access rules of a user. */
export function accessRulesOf(
  userId: string,
  fields: AccessFields | null | undefined,
): AccessRules {
  if (fields === undefined || fields === null) return NO_ACCESS_RULES;
  const [hidings, tokensValidFrom] = fields;
  return accessRules(hiddenFromOf(userId, hidings), timeOrNone(tokensValidFrom));
}

function hiddenFromOf(userId: string, hidings: readonly HidingFields[]): Hidings {
  if (hidings.length === 0) return HIDDEN_FROM_NOBODY;
  const hiddenFrom = new Map<string, Hiding>();
  for (const [presence, endedAt, endedVersion, viewerIds, activeUntil] of hidings) {
    const hiding = {
      presence: presence === null ? undefined : presenceOf(userId, presence),
      endedAt: timeOrNone(endedAt),
      endedVersion: time(endedVersion),
      ...(activeUntil !== undefined && { activeUntil: time(activeUntil) }),
    };
    texts(viewerIds).forEach((viewerId) => hiddenFrom.set(viewerId, hiding));
  }
  return hiddenFrom;
}
