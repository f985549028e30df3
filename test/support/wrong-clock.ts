/**
 * Settings of a server whose wall clock is `offsetMs` ahead from the start, and is moved by
 * `stepMs` at every SIGUSR2. Its monotonic clock and its timers are not affected.
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
