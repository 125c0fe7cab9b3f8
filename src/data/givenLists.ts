import { basename, extname } from 'node:path';
import { hashFile, UserError } from '../base/index.js';
import { arrangeLists, Misfit } from './arrangeLists.js';
import { type FileOptions, readCandidateFile } from './candidateFile.js';
import type { CandidateSpec } from './candidates.js';
import type { CandidateLists } from './sampledLists.js';
import { type PreparedData, partNames, type SplitName } from './types.js';

/** The lists of a file, read and checked. */
export interface GivenCandidates {
  readonly kind: 'file';
  readonly path: string;
  /** Of the file. */
  readonly sha256: string;
  readonly lists: Readonly<Record<SplitName, CandidateLists>>;
  /** What was found, in a line. */
  readonly report: string;
}

/** What a positive is ranked among, once a file is read. */
export type Candidates = Exclude<CandidateSpec, { readonly kind: 'file' }> | GivenCandidates;

/**
 * Reads the file of candidates where a spec names one.
 *
 * A file with a column `row` has a list for each row of the store that it names, which must be a positive one: its item
 * is to be found. Without, it has a list a user (and `split`): to be found are the items of the user's positive rows in
 * that part. `split` says which part a list is of; where it is absent, that of the row, else test. A `label` is
 * checked, never believed.
 *
 * @param parts those that the report is to tell of
 * @throws UserError when the file cannot be read, or its lists do not fit the data
 */
export async function openCandidates(
  spec: CandidateSpec,
  data: PreparedData,
  options: FileOptions,
  parts: readonly SplitName[] = partNames,
): Promise<Candidates> {
  if (spec.kind !== 'file') return spec;
  const pairs = await readCandidateFile(spec.path, data.store, options);
  try {
    const { lists, unused } = arrangeLists(data, pairs);
    const found = reportOf(data, lists, pairs.row !== null, unused, parts);
    const sha256 = await hashFile(spec.path, 'sha256', options.signal);
    return { ...spec, sha256, lists, report: `candidates of ${spec.path}: ${found}` };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new UserError(error.message, error.fix, await pairs.place(error.pair));
  }
}

/** How the metrics of a file's lists are marked: its name without folder and ending. */
export function candidateName(path: string): string {
  return basename(path, extname(path));
}

function reportOf(
  data: PreparedData,
  lists: GivenCandidates['lists'],
  perRow: boolean,
  unused: number,
  parts: readonly SplitName[],
): string {
  const found = parts.flatMap((part) => {
    const { anchor } = lists[part];
    if (anchor.length === 0) return part === 'train' ? [] : [`no lists for ${part}`];
    const sizes = Array.from(anchor.keys(), (list) => lists[part].candidates(list).length);
    const [least, most] = [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
    const size = least === most ? `${most}` : `${least} to ${most}`;
    const missing = positivesOf(data, part, perRow) - anchor.length;
    const without = missing > 0 ? `, none for ${missing} more ${perRow ? 'positive rows' : 'users'}` : '';
    return [`${anchor.length} lists for ${part} of ${size} items${without}`];
  });
  const left = unused > 0 ? [`${unused} lists in which nothing is to be found are left out`] : [];
  return [...found, ...left].join('; ');
}

/** Positive rows of a part, or the users who have one. */
function positivesOf({ split, label, store }: PreparedData, part: SplitName, perRow: boolean): number {
  const rows = split[part].filter((row) => label[row] === 1);
  return perRow ? rows.length : new Set(rows.map((row) => store.interactions.user[row]!)).size;
}
