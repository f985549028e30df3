import { beforeEach, describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.js';

describe('A single flight', () => {
  /** The runs that began, with the functions that end them. */
  let runs: { readonly end: () => void; readonly fail: (error: Error) => void }[];
  let flight: SingleFlight;
  beforeEach(() => {
    runs = [];
    flight = new SingleFlight(
      () => new Promise((end, fail) => void runs.push({ end: () => end(), fail })),
    );
  });

  it('serves all calls during a run with one next run, which starts after them', async () => {
    const first = flight.run();
    const others = [flight.run(), flight.run()];
    expect(runs).toHaveLength(1);
    runs[0]!.end();
    await first;
    await Promise.resolve();
    expect(runs).toHaveLength(2);
    runs[1]!.end();
    await Promise.all(others);
    expect(runs).toHaveLength(2);
  });

  it('starts the next run after one that failed', async () => {
    const first = flight.run();
    const second = flight.run();
    runs[0]!.fail(new Error('out of reach'));
    await expect(first).rejects.toThrow('out of reach');
    await Promise.resolve();
    runs[1]!.end();
    await expect(second).resolves.toBeUndefined();
  });

  it('skips a call during a run if the caller wants no further run', async () => {
    const first = flight.runIfIdle();
    await flight.runIfIdle();
    expect(runs).toHaveLength(1);
    runs[0]!.end();
    await first;
    void flight.runIfIdle();
    expect(runs).toHaveLength(2);
  });

  it('runs again after a run that failed', async () => {
    const first = flight.runIfIdle();
    runs[0]!.fail(new Error('out of reach'));
    await expect(first).rejects.toThrow('out of reach');
    void flight.runIfIdle();
    expect(runs).toHaveLength(2);
  });

  it('is idle when the run has ended, even if it failed', async () => {
    await flight.idle();
    const failing = flight.run();
    let isIdle = false;
    const idle = flight.idle().then(() => (isIdle = true));
    await Promise.resolve();
    expect(isIdle).toBe(false);
    runs[0]!.fail(new Error('out of reach'));
    await expect(failing).rejects.toThrow();
    await idle;
  });
});
