import { join } from 'node:path';
import { UserError } from '../base/index.js';
import type { Settings } from '../config/index.js';
import { contentOf, newestFirst, openRun, type Run, runsIn, sorted } from '../runs/index.js';
import { type CellResult, type SweepState, withChanges } from '../sweeps/index.js';
import { entryOf } from './entries.js';
import type { Entry, Material } from './material.js';
import type { Target } from './targets.js';

/** Reads all that a report of the target is made of, as it is now. */
export async function gather(target: Target, settings: Settings): Promise<Material> {
  return target.kind === 'sweep'
    ? ofSweep(await target.read(), (await target.others?.()) ?? [], settings)
    : ofRuns(target.id, await target.read());
}

async function ofSweep(
  sweep: SweepState,
  others: readonly string[],
  { resultsDir }: Settings,
): Promise<Material> {
  const { record, cells, claims, directory, going } = sweep;
  const own = going || cells.some(({ run }) => run === null) ? await ownRuns(directory) : [];
  const entries: Entry[] = [];
  for (const cell of cells) {
    const run = cell.run ? await runOf(cell.run, directory, resultsDir) : newestOf(cell, own);
    const entry = run ? await entryOf(run, cell.label, 'test') : null;
    entries.push(entry ? besideCell(entry, cell) : withoutRun(cell, going));
  }
  const { title, table, on, changes = [], labels: all = [] } = record;
  const subtitle = [
    on?.title,
    table && `${table.paper}, ${table.table}`,
    on?.control && 'control',
    withChanges(changes),
  ];
  const labels = [...new Set(cells.map(({ label }) => label))];
  const absent = all.filter((label) => !labels.includes(label));
  return {
    id: record.sweep,
    kind: 'sweep',
    title: title ?? record.sweep,
    subtitle: subtitle.filter(Boolean).join('; ') || null,
    part: 'test',
    metrics: record.metrics,
    labels,
    changes,
    coordinates: new Map(cells.map(({ label, coordinates }) => [label, coordinates])),
    axes: record.axes,
    entries,
    claims,
    published: record.published ?? null,
    publishedNotes: record.publishedNotes ?? [],
    notes: [
      ...(others.length > 0
        ? [`It was not run with these options and data; what was, by its name: ${others.join(', ')}.`]
        : []),
      ...(absent.length > 0 ? [`Rows of the sweep that were never asked for: ${absent.join('; ')}.`] : []),
    ],
    going: going || entries.some(({ state }) => state === 'running'),
  };
}

/** Runs that lie in the sweep's folder; those of cells under way are not in its list yet. */
async function ownRuns(directory: string): Promise<readonly Run[]> {
  const list = await runsIn(directory, () => true).catch((error: unknown) => {
    if (error instanceof UserError) return { runs: [] }; // never begun
    throw error;
  });
  return list.runs;
}

const newestOf = ({ label, seed }: CellResult, own: readonly Run[]): Run | null =>
  own.filter(({ record }) => record.cell?.label === label && record.seed === seed).sort(newestFirst)[0] ??
  null;

/** The run of a cell; null where it was taken away since. The folder may have been moved with its neighbours. */
async function runOf(name: string, directory: string, resultsDir: string): Promise<Run | null> {
  for (const results of [resultsDir, join(directory, '..')]) {
    try {
      return await openRun(results, join(results, name));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return null;
}

/** What the sweep has put down counts: its table is made of that. */
function besideCell(entry: Entry, { state, metrics, floors, seed, reason }: CellResult): Entry {
  const ended = state === 'finished' || state === 'failed' || state === 'diverged';
  return {
    ...entry,
    seed,
    metrics: metrics ?? entry.metrics,
    floors: floors ?? entry.floors,
    ...(ended && { state, reason }),
  };
}

function withoutRun(cell: CellResult, going: boolean): Entry {
  const { label, seed, state, reason, run, metrics, floors, seconds } = cell;
  return {
    label,
    seed,
    state: state === 'running' && !going ? 'interrupted' : state,
    reason,
    run,
    metrics,
    floors,
    breakdown: null,
    epochs: [],
    seconds,
    cost: null,
    provenance: null,
    protocol: null,
  };
}

/** Runs that differ in nothing but the seed make a row. */
async function ofRuns(id: string, runs: readonly Run[]): Promise<Material> {
  const inOrder = [...runs].sort(newestFirst).reverse();
  const evaluations = await Promise.all(inOrder.map((run) => run.readEvaluation()));
  const part =
    evaluations.some((one) => one && !one.metrics.test) && !evaluations.some((one) => one?.metrics.test)
      ? 'validation'
      : 'test';
  const labels = await labelsOf(inOrder);
  const entries: Entry[] = [];
  for (const [i, run] of inOrder.entries()) entries.push(await entryOf(run, labels[i]!, part));
  const columns = new Set<string>();
  for (const run of inOrder) {
    for (const metric of await run.experiment().then(
      ({ evaluate }) => evaluate.metrics,
      () => [],
    )) {
      columns.add(metric);
    }
  }
  return {
    id,
    kind: 'runs',
    title:
      runs.length === 1
        ? `Run ${runs[0]!.id}`
        : `Runs of ${[...new Set(runs.map(({ record }) => record.name))].join(', ')}`,
    subtitle:
      [...new Set(entries.flatMap(({ provenance }) => provenance?.data.name ?? []))].join(', ') || null,
    part,
    metrics: [...columns],
    labels: [...new Set(labels)],
    changes: [],
    coordinates: new Map(),
    axes: [],
    entries,
    claims: null,
    published: null,
    publishedNotes: [],
    notes: [],
    going: entries.some(({ state }) => state === 'running'),
  };
}

/** A name for each run, the same for those that make a row: of its cell or model, and as much more as tells the rows apart. */
async function labelsOf(runs: readonly Run[]): Promise<string[]> {
  const rows = await Promise.all(runs.map(rowKey));
  const seen = new Map<string, Run>();
  // Two runs of one row with one seed are not two seeds: the later one is a row of its own.
  const keys = rows.map((row, i) => {
    const { seed, id } = runs[i]!.record;
    const key = `${row} ${seed}`;
    if (seen.has(key)) return `${row} ${id}`;
    seen.set(key, runs[i]!);
    return row;
  });
  const names: readonly ((run: Run) => string)[] = [
    ({ record }) => record.cell?.label ?? record.model,
    ({ record }) => `${record.cell?.label ?? record.model}, ${record.name}`,
    ({ record }) => `${record.cell?.label ?? record.model}, ${record.id.slice(-8)}`,
  ];
  const first = new Map(keys.toReversed().map((key, i) => [key, runs[runs.length - 1 - i]!]));
  const distinct =
    names.find((name) => new Set([...first.values()].map(name)).size === first.size) ?? names.at(-1)!;
  return keys.map((key) => distinct(first.get(key)!));
}

async function rowKey(run: Run): Promise<string> {
  const { provenance, id } = run.record;
  try {
    const { seed: _, ...content } = contentOf(await run.experiment());
    return sorted({ content, data: provenance.data.fingerprint, engine: provenance.engine.name });
  } catch (error) {
    if (error instanceof UserError) return id; // of another version of mvrec
    throw error;
  }
}
