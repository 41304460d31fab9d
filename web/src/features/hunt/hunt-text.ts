// The text of a hunt: where its condition ends, and how a value is put into it. The server alone reads hunts; here is only what is
// needed to add a condition at the right place. Grammar: docs/search.md.

/** The end of what opens at a quote or slash: behind the closing one, or the end of the text. */
function closing(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

const opens = /[\s(=:!,]|^$/;

/** Where the condition ends: at the first pipe outside of quotes, expressions and comments, or at the end. */
export function conditionEnd(text: string): number {
  for (let i = 0; i < text.length; ) {
    const char = text[i];
    const before = text[i - 1] ?? '';
    if (text.startsWith('--', i) && text.slice(text.lastIndexOf('\n', i) + 1, i).trim() === '') {
      const end = text.indexOf('\n', i);
      i = end < 0 ? text.length : end + 1;
    } else if (char === '"' || char === "'" || (char === '/' && (opens.test(before) || before === '-'))) {
      i = closing(text, i);
    } else if (char === '|') return i;
    else i++;
  }
  return text.length;
}

const escaped = (text: string, quote: string) =>
  text.replace(/[\\*]/g, '\\$&').replaceAll(quote, `\\${quote}`);

/** The condition that a field has exactly this value. */
export function condition(field: string, value: string, not = false): string {
  const plain = /^[\p{L}_@][\p{L}\p{N}_.@-]*$/u.test(field) && !/^(AND|OR|NOT|IN)$/.test(field);
  const name = plain ? field : `'${field.replace(/[\\']/g, '\\$&')}'`;
  return `${not ? '-' : ''}${name}:"${escaped(value, '"')}"`;
}

/** The hunt with one more condition; the opposite one, where it stands, goes. */
export function withCondition(text: string, field: string, value: string, not: boolean): string {
  const added = condition(field, value, not);
  const opposite = condition(field, value, !not);
  const end = conditionEnd(text);
  const had = ` ${text.slice(0, end).trim()} `;
  if (had.includes(` ${added} `)) return text;
  const kept = had.replace(` ${opposite} `, ' ').trim();
  const stages = text.slice(end).trim();
  const comment = kept
    .slice(kept.lastIndexOf('\n') + 1)
    .trimStart()
    .startsWith('--');
  const where = kept === '' || kept === '*' ? added : `${kept}${comment ? '\n' : ' '}${added}`;
  return stages === '' ? where : `${where}${text.slice(0, end).includes('\n') ? '\n' : ' '}${stages}`;
}

/** The place of a character of the server's (code points) in a text of ours (UTF-16), and back. */
export function toUnits(text: string, points: number): number {
  return [...text].slice(0, Math.max(0, points)).join('').length;
}
export function toPoints(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}
