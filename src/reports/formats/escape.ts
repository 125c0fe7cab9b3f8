import { withoutControls } from '../../base/index.js';

/** Text on one line without control characters. */
export const oneLine = (text: string): string => withoutControls(text.replace(/\s+/g, ' ')).trim();

/** For text and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return withoutControls(text).replace(/[&<>"']/g, (character) => names[character]!);
}

/** For a cell of a table or a line of text: nothing in it is markup. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]#|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^[-+=]/, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
    .replace(/(https?|www)(?=[:.])/gi, '$1&#8203;'); // no link out of a bare address
}

const latex: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "{''}",
  '`': '\\textasciigrave{}',
  '[': '{[}', // after a line break it would be an option
  ']': '{]}',
  '-': '-{}', // two are no dash
  '±': '$\\pm$',
  '\u2212': '$-$',
  '†': '\\textdagger{}',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '’': "'",
};

export function escapeLatex(text: string): string {
  return oneLine(text).replace(/[\\{}$&#_%~^<>|"`[\]\-±\u2212†↑↓’]/g, (character) => latex[character]!);
}

/**
 * A field of a CSV file (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it; numbers, which may
 * begin with a minus, are given as numbers.
 */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless =
    /^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(value) || /^[\t\r]/.test(value) ? `'${value}` : value;
  const clean = withoutControls(harmless);
  return /[",\n\r;']/.test(clean) ? `"${clean.replaceAll('"', '""')}"` : clean;
}
