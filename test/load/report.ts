import { cpus, release } from 'node:os';
import { mkdirSync, writeFileSync } from 'node:fs';

/** One line of results: names and values, rounded for reading. */
export type Row = Readonly<Record<string, string | number | undefined>>;

/** Prints the results of a workload to the terminal, and writes them to a file for programs. */
export function report(workload: string, rows: readonly object[]): void {
  console.log(`\n${workload}`);
  console.table(rows.map(readable));
  const file = `build/bench/${workload}.json`;
  mkdirSync('build/bench', { recursive: true });
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}`;
  const result = { workload, date: new Date().toISOString(), machine, node: process.version, rows };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written to ${file}`);
}

function readable(row: object): Row {
  const values: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'number') values[name] = Number(value.toPrecision(3));
    else if (typeof value === 'string') values[name] = value;
  }
  return values;
}
