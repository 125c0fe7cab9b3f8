import { type Cell, legendOf, type Report, type Table } from '../document.js';
import { escapeMarkdown } from './escape.js';

/** Text and tables as GitHub's Markdown. */
export function markdownOf(reports: readonly Report[]): string {
  return `${reports.map(one).join('\n\n')}\n`;
}

function one({ title, subtitle, notes, sections }: Report): string {
  return [
    `# ${escapeMarkdown(title)}`,
    ...(subtitle ? [escapeMarkdown(subtitle)] : []),
    ...(notes.length > 0 ? [notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')] : []),
    ...sections
      .filter(({ tables }) => tables.length > 0)
      .flatMap(({ title, text, tables }) => [
        `## ${escapeMarkdown(title)}`,
        ...text.map(escapeMarkdown),
        ...tables.flatMap(markdownTable),
      ]),
  ].join('\n\n');
}

function markdownTable(table: Table): string[] {
  const { caption, columns, rows } = table;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `**${escapeMarkdown(caption)}**`,
    [
      line(columns.map(({ title }) => escapeMarkdown(title))),
      line(columns.map(({ align }) => (align === 'right' ? '--:' : ':--'))),
      ...rows.map((row) => line(row.map(cellText))),
    ].join('\n'),
    ...legendOf(table).map(escapeMarkdown),
  ];
}

function cellText({ text, rank, mark }: Cell): string {
  const escaped = escapeMarkdown(text);
  const ranked = rank === 'best' ? `**${escaped}**` : rank === 'second' ? `<u>${escaped}</u>` : escaped;
  return mark ? `${ranked}<sup>${escapeMarkdown(mark)}</sup>` : ranked;
}
