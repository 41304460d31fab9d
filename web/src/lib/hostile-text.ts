// Log text is hostile: whoever is attacked does not choose what stands in it. Characters that act on a
// terminal, turn the reading direction, or cannot be seen are made visible here; nothing is removed.

export type Piece = { readonly text: string; readonly control: boolean };

const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: variation selectors are meant one by one
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const names =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

/** The visible stand-in of one unsafe character: ‹ESC› for ASCII controls, ‹U+202E› for the others. */
function symbol(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const name = code === 0x7f ? 'DEL' : names[code];
  return `\u2039${name ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}\u203a`;
}

/** Splits text into plain pieces and visible stand-ins for what must not act. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let last = 0;
  for (const match of text.matchAll(unsafe)) {
    if (match.index > last) out.push({ text: text.slice(last, match.index), control: false });
    out.push({ text: symbol(match[0]), control: true });
    last = match.index + match[0].length;
  }
  if (last < text.length) out.push({ text: text.slice(last), control: false });
  return out;
}

/** The text with every unsafe character replaced by its visible stand-in. */
export function neutralise(text: string): string {
  return text.replace(unsafe, symbol);
}

/** The text as bytes: printable ASCII and letters as they are, everything else as \xNN of its UTF-8 bytes. */
export function escapeBytes(text: string): string {
  const encoder = new TextEncoder();
  return text
    .replaceAll('\\', '\\\\')
    .replace(unsafe, (char) =>
      [...encoder.encode(char)].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join(''),
    );
}

/** A value as indented JSON in which every unsafe character is an escape, so that it can be copied and parsed again. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(unsafe, (char) => {
    if (char === '\n') return char; // only layout: JSON.stringify has escaped those inside strings
    const units = Array.from({ length: char.length }, (_, index) => char.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
