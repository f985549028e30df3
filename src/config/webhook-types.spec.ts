import { describe, expect, it } from 'vitest';
import { webhookEvents, webhookSecrets, webhookUrl } from './webhook-types.js';

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('webhookSecrets', () => {
  it('are keys of 24 to 64 bytes in the format of Standard Webhooks', () => {
    expect(webhookSecrets.read(secretOf(24))).toEqual([Buffer.alloc(24, 7)]);
    expect(webhookSecrets.read(secretOf(64))).toEqual([Buffer.alloc(64, 7)]);
    expect(webhookSecrets.read(secretOf(32).replace(/=+$/, ''))).toEqual([Buffer.alloc(32, 7)]);
    for (const bytes of [23, 65]) expect(webhookSecrets.read(secretOf(bytes))).toBeUndefined();
    for (const text of ['whsec_', Buffer.alloc(24).toString('base64'), `${secretOf(24)}!`])
      expect(webhookSecrets.read(text), text).toBeUndefined();
  });

  it('are separated by spaces or line breaks, at most eight', () => {
    expect(webhookSecrets.read(` ${secretOf(24)}\n${secretOf(32)} `)).toHaveLength(2);
    expect(webhookSecrets.read(Array(8).fill(secretOf(24)).join(' '))).toHaveLength(8);
    expect(webhookSecrets.read(Array(9).fill(secretOf(24)).join(' '))).toBeUndefined();
    expect(webhookSecrets.read(`${secretOf(24)} nonsense`)).toBeUndefined();
  });

  it('never appear in a message, and neither does the URL', () => {
    expect(webhookSecrets.isSecret?.('whsec_short')).toBe(true);
    expect(webhookUrl.isSecret?.('ftp://backend.example/token')).toBe(true);
  });
});

describe('webhookEvents', () => {
  it('names kinds, separated by commas', () => {
    expect(webhookEvents.read('user_online, user_offline')).toEqual(
      new Set(['user_online', 'user_offline']),
    );
    for (const text of ['USER_ONLINE', 'user_online,', 'online'])
      expect(webhookEvents.read(text), text).toBeUndefined();
  });
});
