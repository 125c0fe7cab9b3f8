import { didYouMean, UserError } from '../base/index.js';
import {
  type Audit,
  type AuditFinding,
  auditLine,
  type ExampleRow,
  type FindingCode,
  findingCodes,
} from '../data/index.js';
import type { AuditRecord } from '../runs/index.js';
import { formatTable, textWidth } from './output.js';

/**
 * Codes of findings in a list with commas.
 *
 * @throws UserError for a word that is none
 */
export function findingsToAccept(list: string | undefined): FindingCode[] {
  return (list?.split(',') ?? []).map((word) => {
    const code = findingCodes.find((known) => known === word.trim());
    if (code) return code;
    throw new UserError(`--accept: there is no finding ${word}`, didYouMean(word, findingCodes, 'Findings'));
  });
}

/** A reminder beside the numbers of a run. */
export function leakText(audit: AuditRecord | null): string[] {
  return audit && audit.leaks > 0 ? [`Audit: ${auditLine(audit)}: see docs/audit.md.`] : [];
}

interface Audited {
  readonly experiment: string;
  readonly data: { readonly name: string; readonly fingerprint: string };
  readonly rows: number;
  readonly seconds: number;
}

/** What `data audit` says: a table of all findings, then each with an example and what to do. */
export function auditText(
  { experiment, data, rows, seconds }: Audited,
  audit: Audit,
  accepted: readonly FindingCode[],
): string {
  const { findings } = audit;
  const table = formatTable(
    [{ title: '' }, { title: 'finding' }, { title: 'count', align: 'right' }, { title: 'parts' }],
    findings.map(({ code, severity, count, of, unit, parts }) => [
      accepted.includes(code) ? `${severity} (known)` : severity,
      code,
      `${number(count)} of ${number(of)} ${unit}`,
      Object.entries(parts ?? {})
        .map(([part, n]) => `${part} ${number(n)}`)
        .join(', '),
    ]),
  );
  return [
    ...(findings.length > 0 ? [table, ''] : []),
    ...findings.flatMap((finding) => [...details(finding), '']),
    `audit of ${experiment}: ${auditLine(audit)}`,
    `  ${data.name} ${data.fingerprint.slice(0, 12)}, ${number(rows)} rows in ${seconds.toFixed(1)} s`,
  ].join('\n');
}

function details({ code, what, fix, setting, example, other }: AuditFinding): string[] {
  const rows = [
    ...(example ? [`For example ${rowText(example)}`] : []),
    ...(other && other.row !== example?.row ? [`beside ${rowText(other)}`] : []),
  ];
  return [
    code,
    ...wrap(what),
    ...(setting === undefined ? [] : wrap(`By the setting ${setting}.`)),
    ...wrap(rows.join(', ')),
    ...wrap(fix),
  ];
}

const rowText = ({ row, user, item, time, label, part }: ExampleRow): string =>
  `row ${row} (${part ?? 'left out'}): user ${user}, item ${item}, time ${time}, label ${label}`;

/** Lines of a width that a terminal shows, indented. */
function wrap(text: string): string[] {
  const width = textWidth() - 2;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.filter((line) => line !== '').map((line) => `  ${line}`);
}

const number = (n: number): string => n.toLocaleString('en');
