import { describe, expect, it } from 'vitest';
import { fragmentEncoder } from '../api/event-mapper.js';
import { eventOf } from '../../test/support/log.js';
import { batchIdOf, cloudEventOf, gapEventOf, type Occurrence } from './cloud-event.js';

const AT = Date.parse('2026-03-01T12:00:00.250Z');

function occurrenceOf(more: Partial<Occurrence> = {}): Occurrence {
  const event = eventOf('alice', 7, { at: AT, text: 'hi', kind: 'USER_STATUS_CHANGED' });
  return {
    commit: { partition: 3, seq: 41, mark: 0xfeedface },
    number: 0,
    kind: 'USER_STATUS_CHANGED',
    userId: 'alice',
    occurredAt: AT,
    fragment: fragmentEncoder.event(event),
    ...more,
  };
}

const idOf = (more: Partial<Occurrence> = {}): string =>
  cloudEventOf('here', occurrenceOf(more)).id;

describe('An event as CloudEvent', () => {
  it('has the attributes of CloudEvents 1.0 and the event as protobuf JSON', () => {
    const { id, json } = cloudEventOf('here', occurrenceOf());
    expect(JSON.parse(json)).toEqual({
      specversion: '1.0',
      id,
      source: 'here',
      type: 'presence.v1.user_status_changed',
      subject: 'alice',
      time: '2026-03-01T12:00:00.250Z',
      datacontenttype: 'application/json',
      data: {
        occurredAt: '2026-03-01T12:00:00.250Z',
        reason: 'CHANGE_REASON_REQUESTED',
        userStatusChanged: { previousStatus: 'PRESENCE_STATUS_IDLE' },
        presence: {
          userId: 'alice',
          status: 'PRESENCE_STATUS_ONLINE',
          statusText: 'hi',
          version: '7',
        },
      },
    });
  });

  it('has an id that depends on its commit and its place there, and not on the source', () => {
    expect(idOf()).toMatch(/^[\w-]{22}$/);
    expect(idOf()).toBe(cloudEventOf('elsewhere', occurrenceOf()).id);
    const { commit } = occurrenceOf();
    const others = [
      idOf({ commit: { ...commit, partition: 4 } }),
      idOf({ commit: { ...commit, seq: 42 } }),
      idOf({ commit: { ...commit, mark: 1 } }),
      idOf({ number: 1 }),
      idOf({ fragment: fragmentEncoder.event(eventOf('alice', 8)) }),
    ];
    expect(new Set([idOf(), ...others]).size).toBe(others.length + 1);
  });
});

describe('A gap event', () => {
  it('says between which times events may be missing', () => {
    const { id, json } = gapEventOf('here', { partition: 3, from: AT, to: AT + 1000 });
    expect(JSON.parse(json)).toEqual({
      specversion: '1.0',
      id,
      source: 'here',
      type: 'presence.v1.gap',
      time: '2026-03-01T12:00:01.250Z',
      datacontenttype: 'application/json',
      data: { from: '2026-03-01T12:00:00.250Z', to: '2026-03-01T12:00:01.250Z' },
    });
  });

  it('has no beginning if nothing says what was delivered', () => {
    const { json } = gapEventOf('here', { partition: 3, from: undefined, to: AT });
    expect(JSON.parse(json)).toMatchObject({ data: { to: '2026-03-01T12:00:00.250Z' } });
    expect(json).not.toContain('from');
  });
});

describe('The id of a batch', () => {
  it('depends on its events and their order', () => {
    const [a, b] = [
      cloudEventOf('here', occurrenceOf()),
      cloudEventOf('here', occurrenceOf({ number: 1 })),
    ];
    expect(batchIdOf([a, b])).toBe(batchIdOf([a, b]));
    expect(new Set([batchIdOf([a, b]), batchIdOf([b, a]), batchIdOf([a]), a.id]).size).toBe(4);
  });
});
