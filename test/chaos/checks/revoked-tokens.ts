import { clock } from '../in-words.js';
import type { Check } from './check.js';

/** A message of pub/sub, or the look at the log once a second, and a margin for a busy machine. */
const KNOWN_WITHIN_MS = 2500;

export const revokedTokens: Check = {
  name: 'revoked tokens',
  promise: 'no node accepts a revoked token, and streams with it end',
  violations: ({ history: { access } }) => [
    ...access.probes
      .filter(({ wasRefused }) => !wasRefused)
      .map(
        ({ userId, node, at }) => `${node} accepted a revoked token of ${userId} at ${clock(at)}`,
      ),
    ...access.revocations.flatMap(({ revoked, at }) =>
      access.stretches
        .filter(({ token }) => revoked.includes(token))
        .flatMap(({ viewerId, node, sightings, until = Infinity }) => {
          if (at === undefined) return [];
          const late = sightings.filter(({ receivedAt }) => receivedAt > at + KNOWN_WITHIN_MS);
          const events = late.map(
            ({ kind }) => `${viewerId} on ${node} received ${kind} with a revoked token`,
          );
          return until > at + KNOWN_WITHIN_MS
            ? [...events, `the stream of ${viewerId} on ${node} did not end with its token`]
            : events;
        }),
    ),
  ],
};
