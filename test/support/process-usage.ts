import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Processor time of all threads so far, in seconds. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** What the operating system says of a process. */
export function usageOf(pid: number): Usage {
  // Everything after the name, which may hold spaces: utime and stime are fields 14 and 15 of the whole.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
  };
}
