// Rows as CSV that a spreadsheet can open without harm; the rules are those of the server's files (docs/search.md, Files).

// what a terminal, an editor or a page would act on: controls, ends of lines, marks of direction
const acts =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
// a spreadsheet leaves out blanks, quotes and what cannot be seen before it looks for a formula
const formula = /^[\s"'`\p{Cc}\p{Cf}\p{Mn}\p{Pi}\p{Pf}]*[=+\-@＝＋－＠−﹢﹣﹦﹫]/u;

function quoted(text: string): string {
  const shown = text.replace(
    acts,
    (char) => named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${formula.test(shown) ? "'" : ''}${shown.replaceAll('"', '""')}"`;
}

/** Texts in quotes, numbers without, lists as JSON; what is not there is an empty cell without quotes. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return quoted(typeof value === 'string' ? value : JSON.stringify(value));
}

export function csv(header: string[], rows: unknown[][]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
