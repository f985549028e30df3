import { describe, expect, it } from 'vitest';
import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import { Presence, PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { HiddenTime, Sighting, ViewerStretch } from '../access/access-history.js';
import type { Evidence, Expected, ViewerAnswers } from '../evidence.js';
import { History, type Span } from '../history.js';
import { noLeaks } from './no-leaks.js';
import { revokedTokens } from './revoked-tokens.js';
import { differencesOfViewers } from './viewers-agree.js';

const { PRESENCE_STATUS_ONLINE: ONLINE, PRESENCE_STATUS_OFFLINE: OFFLINE } = PresenceStatus;
const T = 1_000_000;
const TOKEN = { userId: 'viewer', text: 'a token', issuedAt: 900 };

function ann(details: Partial<Presence> = {}): Presence {
  const shown = { userId: 'ann', version: 2, status: ONLINE, platforms: ['desktop'] };
  return { ...Presence.decode(new Uint8Array()), ...shown, ...details };
}

const GONE = ann({ status: OFFLINE, platforms: [] });

function sighting(details: Partial<Sighting> = {}): Sighting {
  const times = { at: T, receivedAt: T, occurredAt: T };
  const reason = ChangeReason.CHANGE_REASON_REQUESTED;
  const event = { kind: 'userOnline', reason, presence: ann(), named: [] };
  return { ...times, ...event, isMissed: false, ...details };
}

function stretch(...sightings: Sighting[]): ViewerStretch {
  return {
    ...{ viewerId: 'viewer', node: 'n1', rights: { groups: ['acme'], watch: ['acme/*'] } },
    ...{ token: TOKEN, askedAt: T - 60_000, currentAt: T - 59_000 },
    ...{ isResumed: false, snapshot: [], sightings },
  };
}

function span(details: Partial<Span> = {}): Span {
  return {
    ...{ userId: 'ann', node: 'n1', way: 'gRPC', sessionId: 's', groups: ['acme'] },
    ...{ from: T - 100_000, askedAt: T - 100_000 },
    ...details,
  };
}

function leaks(
  seen: ViewerStretch,
  {
    spans = [span()],
    hidden = [],
  }: { spans?: readonly Span[]; hidden?: readonly HiddenTime[] } = {},
): number {
  const history = new History();
  history.spans.push(...spans);
  history.access.hidden.push(...hidden);
  history.access.stretches.push(seen);
  return noLeaks.violations({ history, graceMs: 0 } as Evidence).length;
}

describe('The check of leaks', () => {
  it('finds a user who shares no group and no channel with the viewer', () => {
    expect(leaks(stretch(sighting()))).toBe(0);
    expect(leaks(stretch(sighting()), { spans: [span({ groups: ['bolt'] })] })).toBe(1);
    const ended = span({ until: T - 30_000, end: 'asked for' });
    expect(leaks(stretch(sighting()), { spans: [ended] })).toBe(1);
    expect(leaks({ ...stretch(), snapshot: [ann()] }, { spans: [] })).toBe(1);
  });

  it('finds a channel that the viewer may not watch, in whatever field and with whatever status', () => {
    expect(leaks(stretch(sighting({ named: ['acme/hall'] })))).toBe(0);
    expect(leaks(stretch(sighting({ named: ['bolt/hall'] })))).toBeGreaterThan(0);
    const left = sighting({ kind: 'userOffline', presence: GONE, named: ['bolt/hall'] });
    expect(leaks({ ...stretch(left), snapshot: [ann()] })).toBe(1);
  });

  it('finds events of a user who hides from the viewer, but not those before the hiding', () => {
    const hidden = { userId: 'ann', viewerId: 'viewer', askedAt: T - 20_000, from: T - 19_000 };
    expect(leaks(stretch(sighting()), { hidden: [hidden] })).toBe(1);
    expect(leaks(stretch(sighting()), { hidden: [{ ...hidden, viewerId: 'other' }] })).toBe(0);
    const ended = { ...hidden, endAskedAt: T - 5000, until: T - 4000 };
    expect(leaks(stretch(sighting()), { hidden: [ended] })).toBe(0);
    const before = sighting({ occurredAt: T - 30_000, isMissed: true });
    expect(leaks(stretch(before), { hidden: [hidden] })).toBe(0);
  });

  it('finds the end of a user whom the viewer did not know', () => {
    const offline = sighting({ kind: 'userOffline', presence: GONE });
    expect(leaks(stretch(offline))).toBe(1);
    expect(leaks({ ...stretch(offline), snapshot: [ann()] })).toBe(0);
  });

  it('finds a missed event of a user whom the viewer does not see any more when it resumes', () => {
    const missed = sighting({ occurredAt: T - 90_000, isMissed: true });
    const gone = span({ until: T - 80_000, end: 'asked for' });
    expect(leaks({ ...stretch(missed), isResumed: true }, { spans: [gone] })).toBe(1);
    expect(leaks({ ...stretch(missed), isResumed: true })).toBe(0);
  });
});

describe('The check of the end of viewers', () => {
  const expected = {
    ...{ userId: 'ann', isShown: true, status: 'ONLINE', statusText: '', channelId: 'bolt/hall' },
    ...{ channelIds: ['acme/hall', 'bolt/hall'], attributes: new Map<string, string>() },
    ...{ isMicrophoneMuted: false, isSpeakerMuted: false, platforms: ['desktop'] },
    ...{ isMicrophoneMutedByModerator: false, isSpeakerMutedByModerator: false },
    ...{ joins: ['acme/hall', 'bolt/hall'], groups: ['acme'], hiddenFrom: [] },
  } satisfies Expected;
  const seen = ann({ currentChannelId: 'acme/hall', channelIds: ['acme/hall'] });
  const answers = (details: Partial<ViewerAnswers> = {}): ViewerAnswers => ({
    ...{ viewerId: 'viewer', rights: stretch().rights, node: 'n1' },
    ...{ presences: [seen], listed: ['ann'], counted: 1 },
    stretch: { ...stretch(), snapshot: [seen] },
    ...details,
  });
  const differences = (details?: Partial<ViewerAnswers>, user: Partial<Expected> = {}): number =>
    differencesOfViewers({ viewers: [answers(details)], expected: [{ ...expected, ...user }] })
      .length;

  it('passes if the viewer knows exactly what it may see, as the nodes return it', () => {
    expect(differences()).toBe(0);
  });

  it('finds a secret channel, a user who must not be seen, and lists that differ', () => {
    const secret = ann({ currentChannelId: 'bolt/hall', channelIds: ['acme/hall', 'bolt/hall'] });
    expect(differences({ presences: [secret] })).toBeGreaterThan(0);
    expect(differences({}, { groups: ['bolt'], channelIds: [], joins: [] })).toBe(1);
    expect(differences({}, { hiddenFrom: ['viewer'] })).toBe(1);
    expect(differences({ listed: [] })).toBe(1);
    expect(differences({ counted: 2 })).toBe(1);
    expect(differences({ stretch: stretch() })).toBe(1);
    expect(differences({ stretch: undefined })).toBe(1);
  });
});

describe('The check of revoked tokens', () => {
  const violations = (late: number, until?: number): number => {
    const history = new History();
    const { access } = history;
    access.revocations.push({ userId: 'viewer', askedAt: T - 100, at: T, revoked: [TOKEN] });
    const watched = stretch(sighting({ receivedAt: T + late }));
    access.stretches.push(until === undefined ? watched : { ...watched, until });
    return revokedTokens.violations({ history } as Evidence).length;
  };

  it('finds a stream that outlives its token, and a node that accepts it', () => {
    expect(violations(100, T + 200)).toBe(0);
    expect(violations(100)).toBe(1);
    expect(violations(9000, T + 9000)).toBe(2);
    const history = new History();
    history.access.probes.push({ userId: 'ann', node: 'n1', at: T, wasRefused: false });
    expect(revokedTokens.violations({ history } as Evidence)).toHaveLength(1);
  });
});
