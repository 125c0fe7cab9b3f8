import { withoutControls } from '../base/index.js';
import {
  type CellResult,
  type Estimate,
  type FloorRow,
  isLost,
  publishedNoteText,
  type Row,
  type Spread,
  type SweepResult,
  withChanges,
} from '../sweeps/index.js';
import { claimsPlanText, claimsText } from './claims.js';
import { counted, formatTable, metricText } from './output.js';

/**
 * 3: a claim fails, whatever else; 5: cells without a result, be it that they wait for one; 4: a claim is undecided. A failed claim is known for good, and
 * where cells have no result, claims are undecided for that.
 */
export function sweepExitCode({ cells, claims }: Pick<SweepResult, 'cells' | 'claims'>): 0 | 3 | 4 | 5 {
  if (claims?.verdict === 'fails') return 3;
  if (cells.some(({ state }) => state !== 'finished')) return 5;
  return claims?.verdict === 'undecided' ? 4 : 0;
}

const right = (title: string) => ({ title, align: 'right' as const });

/** What a sweep ends with: its table, what went wrong, and what to bear in mind. */
export function sweepText(result: SweepResult, dryRun: boolean): string {
  const {
    sweep,
    directory,
    title,
    on,
    changes,
    cells,
    claims,
    caveats,
    candidates,
    reused,
    script,
    publishedNotes,
  } = result;
  const head = [title, on?.title, withChanges(changes)].filter(Boolean).join('; ');
  const lost = cells.filter(isLost);
  const waiting = dryRun ? [] : cells.filter(({ state }) => state === 'waiting');
  const lines = [
    ...(head ? [head] : []),
    dryRun ? planText(result) : resultTable(result),
    ...lost.map(({ label, seed, state, reason }) => `${label}, seed ${seed} ${state}: ${reason}`),
    ...(lost.length > 0 && !dryRun
      ? [
          `${counted(lost.length, 'cell')} without a result: --retry tries again, the same command alone does not.`,
        ]
      : []),
    ...waiting.flatMap(({ label, seed, reason }) =>
      reason === null ? [] : [`${label}, seed ${seed} has no result yet: ${reason}`],
    ),
    ...(waiting.length > 0 ? [`${counted(waiting.length, 'cell')} left: the same command goes on.`] : []),
    ...(dryRun ? [] : meaning(result)),
    ...(claims ? [dryRun ? claimsPlanText(claims) : claimsText(claims)] : []),
    ...publishedNotes.map(publishedNoteText),
    ...caveats.map((caveat) => `Note: ${caveat}`),
    ...(candidates.length > 1
      ? ['The rows rank positives among different candidates: their numbers cannot be compared.']
      : []),
    ...(reused > 0 ? [`Results of the same experiments that were there before: ${reused}.`] : []),
    ...(script === null ? ['No script for Slurm: nothing is left whose data are here.'] : []),
    ...(script ? ['Script for Slurm', `  ${script}`] : []),
    `Sweep ${sweep}`,
    `  ${directory}`,
  ];
  return withoutControls(lines.join('\n'));
}

function resultTable({ rows, floors, metrics }: SweepResult): string {
  const several = new Set(floors.map(({ data }) => data)).size > 1;
  return formatTable(
    [{ title: 'on test' }, ...metrics.map(right), right('seeds')],
    [
      ...rows.flatMap((row) => [rowText(row, metrics), ...publishedText(row, metrics)]),
      ...floors.map((row) => floorText(row, metrics, several)),
    ],
  );
}

function rowText({ label, metrics, seeds }: Row, names: readonly string[]): string[] {
  const { finished, lost, waiting } = seeds;
  const all = finished + lost + waiting;
  return [
    label,
    ...names.map((name) => spreadText(metrics[name]!)),
    finished < all ? `${finished}/${all}` : `${all}`,
  ];
}

/** Beneath a row: what the paper has, and how far ours is from it. */
function publishedText({ published, difference }: Row, names: readonly string[]): string[][] {
  if (!published || !difference) return [];
  const signed = (value: number): string => `${value < 0 ? '' : '+'}${metricText(value)}`;
  return [
    ['  published', ...names.map((name) => published[name]?.toString() ?? ''), ''],
    ['  difference', ...names.map((name) => (difference[name] == null ? '' : signed(difference[name]))), ''],
  ];
}

function floorText({ label, data, metrics }: FloorRow, names: readonly string[], several: boolean): string[] {
  const title = label === 'oracle' ? "simulator's oracle" : label;
  return [several ? `${title} (${data})` : title, ...names.map((name) => metricText(metrics[name])), ''];
}

/** `0.7123 ± 0.0045`. */
function spreadText({ mean, sd }: Spread): string {
  return sd === null ? metricText(mean) : `${metricText(mean)} ± ${sd.toFixed(4)}`;
}

/** Nothing where there is no number. */
function meaning({ rows }: SweepResult): string[] {
  if (rows.every(({ seeds }) => seeds.finished === 0)) return [];
  const spread = rows.some(({ metrics }) => Object.values(metrics).some(({ sd }) => sd !== null));
  return spread
    ? ['Mean ± standard deviation over seeds, on test.']
    : ['One seed a cell, so there is no telling how much is chance.'];
}

/** Every cell, what is known of it and what it would cost. */
function planText({ cells, estimates = [], metrics }: SweepResult): string {
  const name = metrics[0]!;
  const table = formatTable(
    [{ title: 'cell' }, right('seed'), { title: 'state' }, right(name), right('seconds'), { title: 'run' }],
    cells.map((cell, i) => [
      cell.label,
      String(cell.seed),
      cell.state === 'waiting' ? 'to do' : cell.state,
      metricText(firstMetric(cell, name)),
      cell.state === 'waiting' ? estimateText(estimates[i] ?? null) : cell.seconds.toFixed(1),
      cell.run ?? '',
    ]),
  );
  return [table, totalText(cells, estimates)].join('\n');
}

const firstMetric = ({ metrics }: CellResult, name: string): number | null =>
  Object.entries(metrics ?? {}).find(([key]) => key === name || key.endsWith(`/${name}`))?.[1] ?? null;

const estimateText = (estimate: Estimate | null): string =>
  estimate ? `about ${Math.max(1, Math.round(estimate.seconds))}` : 'unknown';

function totalText(cells: readonly CellResult[], estimates: readonly (Estimate | null)[]): string {
  const left = cells.filter(({ state }) => state === 'waiting').length;
  if (left === 0) return 'Nothing is left to do.';
  const known = estimates.filter((estimate) => estimate !== null);
  const seconds = known.reduce((sum, estimate) => sum + estimate.seconds, 0);
  const by = [
    known.some((estimate) => estimate.by === 'finished') && 'the seconds of the same cell with other seeds',
    known.some((estimate) => estimate.by === 'probed') &&
      'the seconds of a step times the steps of all epochs, evaluation not counted',
  ].filter(Boolean);
  const unknown = left - known.length;
  return [
    `${counted(left, 'cell')} to run`,
    ...(known.length > 0
      ? [`: about ${durationText(seconds)} one after another, by ${by.join(', and ')}`]
      : []),
    ...(unknown > 0
      ? [`; of ${unknown} nothing is known yet (their data were not made yet, or they do not train in steps)`]
      : []),
  ].join('');
}

/** `about 12 min left`. */
export function leftText(seconds: number): string {
  return seconds < 0.95 ? 'less than 1 s left' : `about ${durationText(seconds)} left`;
}

/** `45 s`, `12 min`, `3.5 h`. */
export function durationText(seconds: number): string {
  if (seconds < 0.95) return '< 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
