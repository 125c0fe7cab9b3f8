import { type Cell, legendOf, type Report, type Table } from '../document.js';
import { escapeLatex, oneLine } from './escape.js';

/** Tables to be put into a paper by `\input`: they need the package booktabs, and UTF-8 for names in other scripts. */
export function latexOf(reports: readonly Report[]): string {
  const tables = reports.flatMap(({ id, title, notes, sections }) => [
    ...[title, ...notes].map((line) => `% ${oneLine(line)}`),
    ...sections.flatMap((section) =>
      section.tables.map((table, i) =>
        latexTable(table, `tab:${slug(id)}-${section.id}-${i + 1}`, i === 0 ? section.text : []),
      ),
    ),
  ]);
  return `% \\usepackage{booktabs}\n${tables.join('\n')}\n`;
}

const slug = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();

/** @param text what the section says above its tables, which stands below the first */
function latexTable(table: Table, label: string, text: readonly string[]): string {
  const { caption, columns, rows } = table;
  const below = [...text, ...legendOf(table)];
  const wide = columns.map(({ align }, i) =>
    rows.some((row) => (row[i]?.text.length ?? 0) > 60)
      ? 'p{0.35\\linewidth}'
      : align === 'right'
        ? 'r'
        : 'l',
  );
  const line = (cells: readonly string[]): string => `    ${cells.join(' & ')} \\\\`;
  return [
    '\\begin{table}',
    '  \\centering',
    '  \\small',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{${label}}`,
    `  \\begin{tabular}{${wide.join('')}}`,
    '    \\toprule',
    line(columns.map(({ title }) => escapeLatex(title))),
    '    \\midrule',
    ...rows.map((row) => line(row.map(cellText))),
    '    \\bottomrule',
    '  \\end{tabular}',
    ...(below.length > 0
      ? ['', `  \\smallskip\\parbox{\\linewidth}{\\footnotesize ${below.map(escapeLatex).join(' ')}}`]
      : []),
    '\\end{table}',
  ].join('\n');
}

function cellText({ text, rank, mark }: Cell): string {
  const escaped = escapeLatex(text);
  const ranked =
    rank === 'best' ? `\\textbf{${escaped}}` : rank === 'second' ? `\\underline{${escaped}}` : escaped;
  return mark ? `${ranked}\\textsuperscript{${escapeLatex(mark)}}` : ranked;
}
