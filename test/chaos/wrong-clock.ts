// Loaded into a node with `--import`. Its wall clock differs from that of the machine by an offset
// that the harness changes at run time. The monotonic clock, `performance.now()` and timers are not
// affected.

const machineNow = Date.now.bind(Date);
let offsetMs = Number(process.env.CHAOS_CLOCK_OFFSET_MS ?? 0);
delete process.env.CHAOS_CLOCK_OFFSET_MS;

Date.now = () => machineNow() + offsetMs;

globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget) as object,
  apply: () => new Date().toString(),
});

process.on('message', (message: { readonly clockOffsetMs?: number }) => {
  offsetMs = message.clockOffsetMs ?? offsetMs;
});
// The IPC channel to the harness must not keep the node alive.
process.channel?.unref();

export {};
