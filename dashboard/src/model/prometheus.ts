/** The content of a metrics page: for each name the sum over all its labels. */
export type Metrics = ReadonlyMap<string, number>;

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/;

/** Parses the text format of Prometheus as far as the sums need it. Skips lines that are not samples. */
export function readMetrics(text: string): Metrics {
  const metrics = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, written] = SAMPLE.exec(line) ?? [];
    const value = Number(written);
    if (name === undefined || Number.isNaN(value)) continue;
    metrics.set(name, (metrics.get(name) ?? 0) + value);
  }
  return metrics;
}
