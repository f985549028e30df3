import measure from 'fast-string-truncated-width';

export interface Column<Row> {
  readonly title: string;
  readonly textOf: (row: Row) => string;
  /** Colours the text, without a change of its width. If absent, the text stays as it is. */
  readonly paint?: (row: Row, text: string) => string;
}

/** Returns the lines of a table. Each column is as wide as its longest text, with two spaces between columns. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const texts = rows.map((row) => columns.map(({ textOf }) => textOf(row)));
  const widths = columns.map(({ title }, i) =>
    texts.reduce((widest, row) => Math.max(widest, widthOf(row[i]!)), title.length),
  );
  const line = (cells: readonly string[], plain: readonly string[]): string =>
    cells
      .map((cell, i) => cell + ' '.repeat(widths[i]! - widthOf(plain[i]!)))
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  return [
    line(titles, titles),
    ...rows.map((row, r) =>
      line(
        columns.map(({ paint }, i) => (paint ? paint(row, texts[r]![i]!) : texts[r]![i]!)),
        texts[r]!,
      ),
    ),
  ];
}

/** Returns the number of terminal columns of a text: some characters take two columns, some none. */
function widthOf(text: string): number {
  return measure(text).width;
}
