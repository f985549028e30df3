/** Shows the current step in one line on the terminal. Does nothing if there is no terminal. */
export function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${text}`);
}

export function clearProgress(): void {
  progress('');
}
