/** One line on the terminal that says what is being done. Nothing where nobody watches. */
export function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${text}`);
}

export function clearProgress(): void {
  progress('');
}
