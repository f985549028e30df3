import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Service } from '../support/service.js';

/** A line of the log. */
interface Line {
  readonly level: string;
  readonly parts: readonly unknown[];
}

describe('The audit log', () => {
  let service: Service;
  afterEach(async () => {
    Logger.overrideLogger(false);
    await service.stop();
  });

  /** Lets an admin and a moderator do all that is audited. Returns the lines of the log. */
  async function live(settings: Readonly<Record<string, string>>) {
    // The service sets its own logger when it starts.
    service = await Service.start(settings);
    const lines: Line[] = [];
    const write =
      (level: string) =>
      (...parts: unknown[]): void =>
        void lines.push({ level, parts });
    Logger.overrideLogger({
      log: write('log'),
      error: write('error'),
      warn: write('warn'),
      debug: write('debug'),
      verbose: write('verbose'),
      fatal: write('fatal'),
    });
    const ann = await service.client('ann');
    const { sessionId } = await ann.connect();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    const admin = await service.client('the admin', { isAdmin: true });
    const moderator = await service.client('the moderator', {
      grants: { moderate: ['lobby', 'stage'] },
    });
    await moderator.muteUser({ userId: 'ann', isMicrophoneMuted: true });
    await moderator.muteUser({ userId: 'ann', isMicrophoneMuted: false, isSpeakerMuted: true });
    await moderator.moveUser({ userId: 'ann', fromChannelId: 'lobby', toChannelId: 'stage' });
    await moderator.removeUser({ userId: 'ann', channelId: 'stage' });
    await admin.updateStatus({
      userId: 'ann',
      choice: StatusChoice.STATUS_CHOICE_AWAY,
      statusText: 'the text',
    });
    await admin.explainPresence({ userId: 'ann' });
    await admin.updateHiddenFrom({ userId: 'ann', userIds: ['a stalker'] });
    // A rejected call did nothing.
    await moderator.removeUser({ userId: 'ann', channelId: 'stage' }).catch(() => {});
    await admin.endSession({ sessionId });
    // The audit log has no line for calls of users about themselves.
    const again = await ann.connect();
    await ann.updateHiddenFrom({ userIds: ['a stalker'] });
    await ann.updateStatus({
      sessionId: again.sessionId,
      choice: StatusChoice.STATUS_CHOICE_AWAY,
    });
    await ann.endSession({ sessionId: again.sessionId });
    await admin.revokeTokens({ userId: 'ann', issuedBefore: { seconds: 1_600_000_000, nanos: 0 } });
    const audited = lines.filter(({ parts }) => parts.at(-1) === 'Audit');
    return { audited, others: lines.filter((line) => !audited.includes(line)), sessionId };
  }

  it('has a line at the level info for each action: who, what, whom, and the request', async () => {
    const { audited, others, sessionId } = await live({});
    expect(new Set(audited.map(({ level }) => level))).toEqual(new Set(['log']));
    const requestId = expect.stringMatching(/^[\w-]{8,}$/) as string;
    const byModerator = { callerId: 'the moderator', userId: 'ann', requestId };
    const byAdmin = { callerId: 'the admin', userId: 'ann', requestId };
    expect(audited.map(({ parts }) => parts)).toEqual([
      ['mute user', { ...byModerator, isMicrophoneMuted: true }, 'Audit'],
      ['mute user', { ...byModerator, isMicrophoneMuted: false, isSpeakerMuted: true }, 'Audit'],
      ['move user', { ...byModerator, channelId: 'lobby', toChannelId: 'stage' }, 'Audit'],
      ['remove user', { ...byModerator, channelId: 'stage' }, 'Audit'],
      ['set status', byAdmin, 'Audit'],
      ['explain', byAdmin, 'Audit'],
      ['hide from', byAdmin, 'Audit'],
      ['end session', { ...byAdmin, sessionId }, 'Audit'],
      ['revoke tokens', { ...byAdmin, issuedBefore: '2020-09-13T12:26:40.000Z' }, 'Audit'],
    ]);
    const ids = audited.map(({ parts }) => (parts[1] as { readonly requestId: string }).requestId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const word of ['ann', 'the admin', 'the moderator', 'lobby', 'stage', 'the text']) {
      expect(JSON.stringify(others)).not.toContain(word);
    }
    for (const word of ['the text', 'a stalker'])
      expect(JSON.stringify(audited)).not.toContain(word);
  });

  it('has no line with AUDIT_LOG=off', async () => {
    const { audited, others } = await live({ AUDIT_LOG: 'off' });
    expect(audited).toEqual([]);
    for (const word of ['ann', 'the admin', 'the moderator', 'lobby', 'stage']) {
      expect(JSON.stringify(others)).not.toContain(word);
    }
  });
});
