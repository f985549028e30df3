import { beforeEach, describe, expect, it, vi } from 'vitest';
import { trackActivity } from './activity.js';
import { ObservableValue } from './observable-value.js';
import { PresenceError } from './presence-error.js';
import type { SessionState } from './session-state.js';

describe('Tracking of activity', () => {
  let time: number;
  let reports: number;
  let state: ObservableValue<SessionState>;
  let page: EventTarget & { visibilityState: string };
  let stop: () => void;
  beforeEach(() => {
    time = reports = 0;
    state = new ObservableValue<SessionState>({ status: 'online', sessionId: 's1' });
    page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const recordActivity = () => {
      reports++;
      return Promise.reject(new PresenceError('unavailable', 'out of reach'));
    };
    stop = trackActivity({ state, recordActivity }, page, { timers: { now: () => time } });
  });

  function act(kind = 'keydown'): void {
    page.dispatchEvent(new Event(kind));
  }

  it('reports the first activity at once, and then one per 30 seconds', () => {
    act();
    expect(reports).toBe(1);
    time = 29_999;
    act('pointermove');
    expect(reports).toBe(1);
    time = 30_000;
    act('pointermove');
    expect(reports).toBe(2);
  });

  it('counts a return to the page as activity, but not leaving it', () => {
    page.visibilityState = 'hidden';
    act('visibilitychange');
    expect(reports).toBe(0);
    page.visibilityState = 'visible';
    act('visibilitychange');
    expect(reports).toBe(1);
  });

  it('reports nothing without a session, and the next activity at once', () => {
    state.set({ status: 'connecting' });
    act();
    expect(reports).toBe(0);
    state.set({ status: 'online', sessionId: 's2' });
    act();
    expect(reports).toBe(1);
  });

  it('continues after the clock of the device was set back', () => {
    stop();
    let elapsed = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
    const clock = vi.spyOn(Date, 'now').mockReturnValue(7_200_000);
    const recordActivity = () => {
      reports++;
      return Promise.reject(new PresenceError('unavailable', 'out of reach'));
    };
    stop = trackActivity({ state, recordActivity }, page);
    act();
    clock.mockReturnValue(3_600_000);
    elapsed = 30_000;
    act();
    expect(reports).toBe(2);
    vi.restoreAllMocks();
  });

  it('ends when it is stopped', () => {
    stop();
    act();
    expect(reports).toBe(0);
  });

  it('ends with the session', async () => {
    state.complete();
    await Promise.resolve();
    act();
    expect(reports).toBe(0);
  });
});
