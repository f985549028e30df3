import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Processor time of all threads so far, in seconds. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Reads the resource usage of a process from the operating system. */
export function usageOf(pid: number): Usage {
  // The fields after the process name, which may contain spaces. In the complete line, utime and
  // stime are fields 14 and 15.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024,
  };
}
