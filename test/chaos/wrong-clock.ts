// Loaded into a node with `--import`: its wall clock differs from that of the machine by an offset that the harness sets
// while it runs. The monotonic clock, `performance.now()` and timers stay as they are.

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
// The channel to the harness is no reason for the node to live on.
process.channel?.unref();

export {};
