/**
 * Settings of a server whose wall clock is wrong by some milliseconds from the start, and is set by `stepMs` at every
 * SIGUSR2. Its monotonic clock and its timers stay as they are.
 */
export function wrongClock({ offsetMs = 0, stepMs = 0 }): Readonly<Record<string, string>> {
  const program = `
    const machine = Date.now.bind(Date);
    let offset = ${offsetMs};
    Date.now = () => machine() + offset;
    globalThis.Date = new Proxy(Date, {
      construct: (target, args, type) =>
        Reflect.construct(target, args.length === 0 ? [Date.now()] : args, type),
    });
    process.on('SIGUSR2', () => { offset += ${stepMs}; });`;
  const encoded = Buffer.from(program).toString('base64');
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${encoded}` };
}
