import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { sweepRequest } from '../../src/cli/sweep-request.js';
import { contentOf } from '../../src/runs/index.js';
import { planSweep } from '../../src/sweeps/jobs.js';
import { claimSeeds } from '../../src/sweeps/judge.js';
import { checkPublished } from '../../src/sweeps/published.js';
import { bundledCard } from '../data/datasets/support.js';
import { describeIf, projectRoot } from '../support/index.js';

const experiments = join(projectRoot, 'experiments');
/** Every sweep that reproduces a table or figure. */
const files = ['thacil', 'alpine', 'scaa', 'mtin', 'uvcan', 'frame'].flatMap((paper) =>
  readdirSync(join(experiments, paper))
    .filter((name) => /^(table|figure).*\.yaml$/.test(name))
    .map((name) => join(paper, name)),
);
type Values = Record<string, Record<string, Record<string, number>>>;
interface SweepFile {
  readonly table: { readonly paper: string; readonly table: string };
  readonly metrics: readonly string[];
  readonly on: Record<string, { readonly control?: true }>;
  readonly published?: Values;
  readonly claims: readonly {
    readonly id: string;
    readonly statement: string;
    readonly type: string;
    readonly requires?: unknown;
    readonly control?: unknown;
    readonly metrics?: string[];
    readonly contradiction?: string;
  }[];
}
const sweeps = files.map((file) => ({
  file,
  sweep: parse(readFileSync(join(experiments, file), 'utf8')) as SweepFile,
}));

describe('the sweeps of the papers', () => {
  it.each(sweeps)(
    '$file resolves on all of its data, with its claims and published numbers',
    async ({ file, sweep }) => {
      for (const on of Object.keys(sweep.on)) {
        const flags = { retry: false, 'fail-fast': false, 'dry-run': true, 'until-decided': false };
        const request = { file: join(experiments, file), on, engine: 'wasm', ...flags };
        const { loaded, options } = await sweepRequest(request);
        const plan = planSweep(loaded, options);
        checkPublished(loaded, plan.metrics);
        expect(claimSeeds(loaded, null)).toEqual([1, 2, 3]);
      }
    },
  );

  it('measure the same of the cells that they share, so that one of them trains those for all', async () => {
    const measured = new Map<string, Set<string>>();
    let shared = 0;
    for (const { file } of sweeps) {
      const flags = { retry: false, 'fail-fast': false, 'dry-run': true, 'until-decided': false };
      const { loaded, options } = await sweepRequest({
        file: join(experiments, file),
        engine: 'wasm',
        ...flags,
      });
      for (const { experiment, seed } of planSweep(loaded, options).jobs) {
        if (seed > 1) continue;
        const key = JSON.stringify([
          contentOf(experiment),
          experiment.data.source,
          experiment.evaluate.candidates,
        ]);
        const metrics = new Set(experiment.evaluate.metrics);
        const before = measured.get(key);
        if (before) {
          shared++;
          expect([file, ...[...metrics].sort()]).toEqual([file, ...[...before].sort()]);
        }
        measured.set(key, metrics);
      }
    }
    expect(shared).toBeGreaterThan(40);
  });

  it('have a stand-in first, and a control where an effect is claimed', () => {
    for (const { sweep } of sweeps) {
      const [first, second] = Object.entries(sweep.on);
      expect(first![0]).toBe('simulated');
      expect(second![1].control).toBe(true);
    }
  });

  it('say when each effect that they claim of any data counts as absent on the control', () => {
    const effects = ['order', 'best', 'monotone'];
    const without = sweeps.flatMap(({ sweep }) =>
      sweep.claims.flatMap(({ id, type, requires, control }) =>
        effects.includes(type) && !requires && !control ? id : [],
      ),
    );
    expect(without).toEqual([]);
  });
});

it('what must hold in CI are tested claims of these sweeps, on a simulated log and its control', () => {
  const { sweeps: wanted } = parse(readFileSync(join(experiments, 'reproduce.yaml'), 'utf8')) as {
    sweeps: readonly { readonly file: string; readonly on: string; readonly hold: readonly string[] }[];
  };
  for (const { file, on, hold } of wanted) {
    const { sweep } = sweeps.find((one) => one.file === join(...file.split('/')))!;
    const found = hold.map((id) => sweep.claims.find((claim) => claim.id === id)?.type);
    expect(found.filter((type) => type === undefined || type === 'qualitative')).toEqual([]);
    const pair = wanted.filter((one) => one.file === file && sweep.on[one.on]);
    expect([on, pair.some((one) => sweep.on[one.on]!.control)]).toEqual([on, true]);
  }
});

interface Paper {
  readonly id: string;
  readonly tables?: readonly Table[];
  readonly figures?: readonly Table[];
}
interface Table {
  readonly id: string;
  readonly kind?: string;
  readonly rows?: readonly { readonly row: string; readonly values?: Values[string] }[];
  readonly claims?: readonly {
    readonly id: string;
    readonly type: string;
    readonly text?: string;
    readonly statement?: string;
    readonly metrics?: readonly string[];
    readonly agreesWithTable?: boolean | 'partly' | null;
  }[];
}

const source = join(projectRoot, '..', 'shared', 'design', 'claims.yaml');
const reason = 'the list of what was published is not beside this checkout';
/** Data sets of the papers by their names in `on`. */
const dataNames: Record<string, string> = {
  KuaiShou: 'kuaishou',
  'KuaiShou-filtered': 'kuaishou',
  'MicroVideo-1.7M': 'microvideo',
  Toffee_a: 'toffee-a',
  Toffee_b: 'toffee-b',
  'Micro-video-A': 'micro-video-a',
  'Micro-video-B': 'micro-video-b',
};
/** What a printed measure is called here: docs/metrics.md. */
function columnOf(paper: string, metric: string): string {
  if (paper === 'thacil') return { auc: 'gauc:thacil' }[metric]!;
  const depth = /^(p|r|f|hr|ndcg)(\d+)$/.exec(metric);
  if (!depth) return metric;
  const [, name, k] = depth;
  if (paper === 'frame') return name === 'r' ? `recall@${k}` : `ndcg@${k}:frame`;
  if (paper === 'uvcan') return `${name}@${k}`;
  return `${{ p: 'precision', r: 'recall', f: 'f1' }[name!]}@${k}:alpine`;
}
/** The names of rows, shortened where the table is a grid, and one that two data sets call differently. */
const labelOf = (table: string, row: string): string => {
  if (/^uvcan.table[45]$/.test(table)) return row.replace(/^UVCAN (K=\d+) /, '$1, ');
  if (table === 'frame.table4') return row.replace('FRAME ', '');
  return row === 'ALPINE_ug' ? 'ALPINE_umg' : row;
};
/** Of figures that have no sweep of their own, and where the line stands that says how one sees them. */
const placed: Record<string, string> = {
  'alpine.figure6': 'alpine.table3',
  'alpine.figure7': 'alpine.table3',
};

/** The cards of data sets whose statistics are published; Toffee's data are not, and have none. */
const cardNames: Record<string, string> = {
  KuaiShou: 'kuaishou',
  'MicroVideo-1.7M': 'microvideo',
  'Micro-video-A': 'frame',
  'Micro-video-B': 'frame',
};
const cardText = (name: string) => readFileSync(join(projectRoot, 'datasets', `${name}.yaml`), 'utf8');
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}

/** Each eight words that follow one another. */
function runsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}@&_.%]+/gu) ?? [];
  return words.slice(7).map((_, i) => words.slice(i, i + 8).join(' '));
}

describeIf(existsSync(source), reason)('what was published', () => {
  let papers: readonly Paper[] = [];
  let tables: { readonly paper: string; readonly table: Table }[] = [];
  const sweepOf = (id: string) => sweeps.find(({ sweep }) => sweep.table.table === (placed[id] ?? id))?.sweep;

  beforeAll(() => {
    ({ papers } = parse(readFileSync(source, 'utf8')) as { papers: readonly Paper[] });
    tables = papers.flatMap(({ id, tables = [], figures = [] }) =>
      [...tables, ...figures].map((table) => ({ paper: id, table })),
    );
  });
  const isStatistics = ({ id, kind }: Table): boolean =>
    kind === 'datasetStatistics' || id === 'thacil.figure3';

  it('has a sweep for every table and figure of results', () => {
    expect(tables.length).toBeGreaterThan(20);
    const wanted = tables.filter(({ table }) => !isStatistics(table)).map(({ table }) => table.id);
    expect(wanted.filter((id) => !sweepOf(id))).toEqual([]);
  });

  it('has statistics of data as what the cards expect, or as their notes', async () => {
    const known: string[] = [];
    for (const { table } of tables.filter(({ table }) => isStatistics(table))) {
      for (const { row, values = {} } of table.rows ?? []) {
        for (const [data, counts] of Object.entries(values)) {
          const card = cardNames[data];
          if (card === undefined) continue;
          const { expect: expected, notes = [] } = await bundledCard(card);
          const text = [...notes, await cardText(card)].join(' ');
          for (const [what, value] of Object.entries(counts)) {
            const isExpected = numbersIn(expected).includes(value);
            // The papers count the header lines as rows.
            if (isExpected || text.includes(value.toLocaleString('en')) || text.includes(`${value} %`))
              continue;
            known.push(`${table.id}: ${row}, ${what} ${value}`);
          }
        }
      }
    }
    // Nothing in the card says how sparse train is, nor how many categories: that follows from the counts, or is in the data.
    expect(known).toEqual(['thacil.table1: training set, sparsityPercent 99.92']);
    const { expect: micro } = await bundledCard('microvideo');
    const { train, test } = micro!.parts!;
    // Users are the same, videos are not (thacil.table1.users); mean and share are thacil.figure3's.
    expect([train!.users, test!.users]).toEqual([micro!.users, micro!.users]);
    expect(train!.items! + test!.items!).toBe(micro!.items);
    expect(1 - micro!.train! / (train!.users! * train!.items!)).toBeCloseTo(0.9992, 4);
    expect(micro!.positivesPerUser!.is_click).toEqual({ part: 'train', mean: 160, belowMean: 0.65 });
  });

  it('has every printed number in its sweep, and no other', () => {
    for (const { paper, table } of tables) {
      if (isStatistics(table)) continue;
      const wanted: Values = {};
      for (const { row, values = {} } of table.rows ?? []) {
        for (const [data, metrics] of Object.entries(values)) {
          for (const [metric, value] of Object.entries(metrics)) {
            const label = labelOf(table.id, row);
            wanted[dataNames[data]!] ??= {};
            const rows = wanted[dataNames[data]!]!;
            rows[label] = { ...rows[label], [columnOf(paper, metric)]: value as unknown as number };
          }
        }
      }
      expect([table.id, sweepOf(table.id)!.published ?? {}]).toEqual([
        table.id,
        placed[table.id] ? expect.anything() : wanted,
      ]);
    }
  });

  it('is told in our own words: no statement has more than seven words in a row of a text that it was taken from', () => {
    const notes = papers.flatMap(({ tables = [], figures = [] }) =>
      [...tables, ...figures].flatMap(({ claims = [] }) =>
        claims.flatMap(({ text, statement }) => text ?? statement ?? []),
      ),
    );
    const texts = join(source, '..', '..', 'papers');
    const whole = existsSync(texts)
      ? readdirSync(texts).map((name) => readFileSync(join(texts, name), 'utf8'))
      : [];
    const runs = new Set([...notes, ...whole].flatMap((text) => runsOf(text)));
    expect(runs.size).toBeGreaterThan(300);
    const copied = sweeps.flatMap(({ sweep }) =>
      sweep.claims.flatMap(({ id, statement }) => (runsOf(statement).some((run) => runs.has(run)) ? id : [])),
    );
    expect(copied).toEqual([]);
  });

  it('has every claim in its sweep or card, of the same type and about the same measures', () => {
    const missing: string[] = [];
    for (const { paper, table } of tables) {
      if (isStatistics(table)) continue;
      for (const claim of table.claims ?? []) {
        const own = sweepOf(table.id)!.claims.filter(
          ({ id }) => id === claim.id || id.startsWith(`${claim.id}.`),
        );
        if (own.length === 0) missing.push(claim.id);
        else if (claim.agreesWithTable === false || claim.agreesWithTable === 'partly') {
          if (!own.some(({ contradiction }) => contradiction)) missing.push(`${claim.id}: the contradiction`);
        }
        if (!own.some(({ type }) => type === claim.type || type === 'qualitative'))
          missing.push(`${claim.id}: ${claim.type}`);
        if (own.every(({ type }) => type === 'qualitative')) continue;
        const measured = own.flatMap(({ metrics = [] }) => metrics);
        for (const metric of claim.metrics ?? []) {
          // Of curves over K the cut-offs are chosen here.
          const curve = /^(precision|recall|f|hr|ndcg)K$/.exec(metric)?.[1]?.replace(/^f$/, 'f1');
          const found = curve
            ? measured.some((name) => name.startsWith(`${curve}@`))
            : measured.includes(columnOf(paper, metric));
          if (!found) missing.push(`${claim.id}: ${metric}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });
});
