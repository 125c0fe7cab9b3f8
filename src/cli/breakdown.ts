import { nearest, UserError } from '../base/index.js';
import { type Breakdown, type BreakdownKind, breakdownKinds } from '../evaluation/index.js';
import { formatTable, metricText } from './output.js';

/**
 * What `--by` asks for.
 *
 * @throws UserError for a word that is none of the kinds
 */
export function breakdownsOf(words: string | undefined): readonly BreakdownKind[] {
  const wanted = words === undefined ? [] : words.split(',').map((word) => word.trim());
  const wrong = wanted.find((word) => !breakdownKinds.includes(word as BreakdownKind));
  if (wrong !== undefined) {
    const near = nearest(wrong, breakdownKinds);
    throw new UserError(
      `mvrec eval: --by cannot be ${wrong}${near === null ? '' : ` (did you mean ${near}?)`}`,
      `${breakdownKinds.join(' or ')}, or both separated by a comma.`,
    );
  }
  return breakdownKinds.filter((kind) => wanted.includes(kind));
}

/** A table for each part and kind. */
export function breakdownText(parts: Readonly<Partial<Record<string, Breakdown>>> | null): string[] {
  return Object.entries(parts ?? {}).flatMap(([split, breakdown]) =>
    Object.entries(breakdown!).flatMap(([by, groups]) => {
      const names = Object.keys(groups[0]!.metrics);
      const table = formatTable(
        [
          { title: `${split} by ${by}` },
          ...['rows', 'users', ...names].map((title) => ({ title, align: 'right' as const })),
        ],
        groups.map(({ group, rows, users, metrics }) => [
          group,
          rows.toLocaleString('en'),
          users.toLocaleString('en'),
          ...names.map((name) => metricText(metrics[name])),
        ]),
      );
      return ['', table];
    }),
  );
}
