import { basename } from 'node:path';
import { didYouMean, UserError, UserErrors } from '../base/index.js';
import type { LoadedSweep, SweepOutline } from '../config/index.js';
import { isSimulated, storeNames } from '../training/index.js';

/** A paper's numbers by row and column. */
export type Published = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The paper's numbers of the data that the sweep runs on; null where it has none of them. */
export const publishedFor = ({ sweep, on }: Pick<LoadedSweep, 'sweep' | 'on'>): Published | null =>
  (on && sweep.published?.[on.name]) ?? null;

/** What is to be said of these numbers. */
export const publishedNotesFor = ({ sweep, on }: Pick<LoadedSweep, 'sweep' | 'on'>): readonly string[] =>
  (on && sweep.publishedNotes?.[on.name]) ?? [];

export const publishedNoteText = (note: string): string => `Of the published numbers: ${note}.`;

/**
 * No simulation passes for a paper's data by its name.
 *
 * @throws UserError where published numbers or claims are of the data that the sweep runs on, and these are not here, or were
 *   simulated
 */
export async function requirePapersData({ sweep, on, cells }: LoadedSweep, dataDir: string): Promise<void> {
  if (!on) return;
  const required = (sweep.claims ?? []).flatMap(
    (claim) => ('requires' in claim && claim.requires?.data) || [],
  );
  if (!sweep.published?.[on.name] && !required.includes(on.name)) return;
  const stores = cells.flatMap(({ loaded: { experiment } }) =>
    'store' in experiment.data.source ? [experiment.data.source.store] : [],
  );
  const imported = await storeNames(dataDir);
  const papers = [...Object.keys(sweep.published ?? {}), ...required];
  const standIns = Object.keys(sweep.on ?? {}).filter((name) => !papers.includes(name));
  for (const store of new Set(stores)) {
    if (basename(store) === store && !imported.includes(store)) {
      throw new UserError(
        `the paper's data ${store} are not in ${dataDir}`,
        `Import the log under this name (mvrec data import), or choose a stand-in: --on ${standIns.join('|')}.`,
      );
    }
    if (!(await isSimulated({ store }, dataDir))) continue;
    throw new UserError(
      `the data set ${store} is simulated, and --on ${on.name} is for a paper's own data`,
      'Import the log under this name (mvrec data import --replace), or choose a stand-in with --on.',
    );
  }
}

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
