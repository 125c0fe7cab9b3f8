import type { PreparedData } from '../types.js';
import { candidateLists, drawnNegatives } from './candidates.js';
import { explain } from './catalogue.js';
import { contextOf, describeRow } from './context.js';
import { duplicates } from './duplicates.js';
import { tellingFeatures } from './features.js';
import { fits } from './fits.js';
import { constantLabels, labelColumns } from './labels.js';
import { coldItems, order, selection } from './order.js';
import { overlaps } from './overlaps.js';
import { ownHistories } from './ownHistories.js';
import { publishedHistories } from './publishedHistories.js';
import { rowColumns } from './rowColumns.js';
import { featureSources, historyOfMeasure } from './sources.js';
import { times } from './times.js';
import {
  type Audit,
  type AuditContext,
  type AuditFinding,
  type AuditSettings,
  type Check,
  type Detection,
  type Severity,
  severities,
} from './types.js';

/** Everything that is looked for, in the order of the documentation (docs/audit.md). */
const checks: readonly Check[] = [
  ownHistories,
  publishedHistories,
  coldItems,
  overlaps,
  fits,
  duplicates,
  constantLabels,
  labelColumns,
  tellingFeatures,
  featureSources,
  rowColumns,
  historyOfMeasure,
  candidateLists,
  drawnNegatives,
  order,
  selection,
  times,
];

/**
 * Looks for what makes the numbers of an experiment say more than they should. Reads every row a few times and no vector
 * but those of a sample, so it takes seconds where the log has ten million rows.
 *
 * @throws UserError when the model asks for a feature that the data do not have
 */
export function auditData(data: PreparedData, settings: AuditSettings): Audit {
  const context = contextOf(data, settings);
  const findings = checks.flatMap((check) => check(context).map((detection) => inWords(detection, context)));
  const rank = ({ severity }: AuditFinding): number => severities.indexOf(severity);
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length;
  return {
    leaks: count('leak'),
    warnings: count('warning'),
    notes: count('note'),
    findings: findings.sort((a, b) => rank(a) - rank(b)),
  };
}

function inWords({ example, other, ...facts }: Detection, { data, parts }: AuditContext): AuditFinding {
  const inSource = (row: number | undefined) => (row === undefined ? null : describeRow(data, parts, row));
  const words = explain({ ...facts, example, other });
  return { ...facts, ...words, example: inSource(example), other: inSource(other) };
}

/** Counts of an audit, and what they count; also as a run recorded them. */
export interface AuditCounts extends Pick<Audit, 'leaks' | 'warnings' | 'notes'> {
  readonly findings: readonly { readonly code: string; readonly severity: Severity }[];
}

/** An audit in a line: `clean`, or how many leaks and warnings; notes need no action. */
export function auditLine({ leaks, warnings, notes, findings }: AuditCounts): string {
  const codes = findings.filter(({ severity }) => severity === 'leak').map(({ code }) => code);
  const parts = [
    ...(leaks > 0 ? [`${counted(leaks, 'leak')} (${[...new Set(codes)].join(', ')})`] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  if (parts.length === 0) parts.push('clean');
  if (notes > 0) parts.push(counted(notes, 'note'));
  return parts.join(', ');
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
