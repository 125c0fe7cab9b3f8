import { didYouMean, type UserError, UserErrors } from '../base/index.js';
import type { LoadedSweep, SweepOutline } from '../config/index.js';

/** A paper's numbers by row and column. */
export type Published = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The paper's numbers of the data that the sweep runs on; null where it has none of them. */
export const publishedFor = ({ sweep, on }: Pick<LoadedSweep, 'sweep' | 'on'>): Published | null =>
  (on && sweep.published?.[on.name]) ?? null;

/** What is to be said of these numbers. */
export const publishedNotesFor = ({ sweep, on }: Pick<LoadedSweep, 'sweep' | 'on'>): readonly string[] =>
  (on && sweep.publishedNotes?.[on.name]) ?? [];

/**
 * Whether data, rows and columns of the published numbers are those of the sweep.
 *
 * @param metrics columns of the table; null where they are not known, and not checked
 * @throws UserErrors, each at its place in the file
 */
export function checkPublished(
  { sweep, cells, mistake }: Pick<SweepOutline, 'sweep' | 'cells' | 'mistake'>,
  metrics: readonly string[] | null,
): void {
  const problems: UserError[] = [];
  const data = Object.keys(sweep.on ?? {});
  const rows = cells.map(({ label }) => label);
  const known = (what: string, name: string, names: readonly string[], path: readonly string[]): void => {
    if (names.includes(name)) return;
    const fix = names.length > 0 ? didYouMean(name, names, 'There are') : 'The file has no section on.';
    problems.push(mistake({ path, problem: `the sweep has no ${what} ${name}`, fix }));
  };
  for (const [name, table] of Object.entries(sweep.published ?? {})) {
    const path = ['published', name];
    known('data', name, data, path);
    for (const [row, values] of Object.entries(table)) {
      known('row', row, rows, [...path, row]);
      for (const metric of metrics ? Object.keys(values) : [])
        known('column', metric, metrics!, [...path, row, metric]);
    }
  }
  for (const name of Object.keys(sweep.publishedNotes ?? {}))
    known('data', name, Object.keys(sweep.published ?? {}), ['publishedNotes', name]);
  if (problems.length > 0) throw new UserErrors(problems);
}
