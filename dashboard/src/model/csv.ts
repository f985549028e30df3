/** Excel reads a file as UTF-8 only if it begins with this mark. */
const BYTE_ORDER_MARK = '\u{feff}';

/** Spreadsheets run a cell that begins with one of these as a formula. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Cells with these characters, and with spaces at the ends, which some programs drop, need quotes. */
const SPECIAL = /["',\r\n]|^\s|\s$/;

/** Returns a table in the format of RFC 4180. No cell is a formula, whatever users call themselves. */
export function csv(rows: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** The apostrophe makes spreadsheets show the cell as text. */
function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
