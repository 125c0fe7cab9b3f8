// docs/reproduction.md of the results that reproduce.mjs keeps.
import { availableParallelism, cpus } from 'node:os';

/**
 * @param {readonly {path: string, sweep: object, results: Record<string, object>}[]} sweeps in the order of the page; results by
 *   the names of stand-ins
 */
export function reproductionPage(sweeps) {
  return `${[head(sweeps), overview(sweeps), ...sweeps.map(section)].join('\n\n')}\n`;
}

function head(sweeps) {
  const all = sweeps.flatMap(({ results }) => Object.values(results));
  const runs = Object.assign({}, ...all.map(({ runs }) => runs));
  const seconds = Object.values(runs).reduce((sum, seconds) => sum + seconds, 0);
  const [cpu] = cpus();
  return `# Reproduction

<!-- written by npm run reproduce -->

Every table and figure of the papers on a small simulated log (${'`simulated`'}), and on the same log without the mechanism that the
paper claims to use (${'`control`'}), where the claim **holds** if the effect is *absent*. Both say something about the models
and the simulator and nothing about people. A sweep whose claims fail here has not refuted its paper: the paper's own data are
another matter, and each file runs on them with ${'`--on`'} once they are imported.

A verdict is that of [claims.md](claims.md): one-sided t tests over seeds, p adjusted by Holm over the claims of the sweep. A
gain that is shown to be smaller than the margin of the claim's control **fails** on the simulated log, where it was meant to
show, and is absent on the control. Shown is the difference that decided it, or stood in its way: the weakest of those that must all be shown, of a
failure and of a control the clearest. What holds on the simulated log and **fails** on the control has another cause than the paper's
mechanism. What is undecided says how many seeds more might decide it. Lines that only somebody who looks can
judge are **qualitative**; claims of numbers on the paper's data are not listed here.

${counts(sweeps)}

${sweeps.filter(({ results }) => results.simulated).length} of ${sweeps.length} sweeps have been run. Their ${Object.keys(runs).length} runs took ${minutes(seconds)} of wall clock, added up, on ${availableParallelism()} cores (${cpu?.model.trim() ?? 'unknown'}) with whatever else ran
there, and as many at a time as there are cores. A run that several tables share was made once; the times of tables, below, have it in each. ${'`npm run reproduce`'} does it again.`;
}

function counts(sweeps) {
  const kinds = ['holds', 'fails', 'undecided', 'qualitative'];
  const row = (title, claims) => `| ${title} | ${kinds.map((kind) => countOf(claims, kind)).join(' | ')} |`;
  const pairs = sweeps.flatMap(({ results: { simulated, control } }) =>
    (simulated?.claims.results ?? []).filter(
      ({ id, verdict }) =>
        verdict === 'holds' &&
        control?.claims.results.some((other) => other.id === id && other.verdict === 'holds'),
    ),
  );
  const of = (control) =>
    sweeps.flatMap(({ results }) =>
      Object.values(results).flatMap(({ on, claims }) => (on.control === control ? claims.results : [])),
    );
  return [
    `| claims | ${kinds.join(' | ')} |`,
    `|${' --- |'.repeat(kinds.length + 1)}`,
    row('simulated', of(false)),
    row(
      'control',
      of(true).filter(({ verdict }) => verdict !== 'qualitative'),
    ),
    '',
    `Of ${pairs.length} claims it is shown that the effect is there with the mechanism and absent without it. Where a claim fails on both logs,
its control says little: an effect that does not show cannot go away.`,
  ].join('\n');
}

/** A row a table: how many claims hold, fail and are undecided on either log, and how long its cells took. */
function overview(sweeps) {
  const kinds = ['holds', 'fails', 'undecided'];
  const tally = (result) =>
    result ? kinds.map((kind) => countOf(result.claims.results, kind)).join(' / ') : 'not run';
  const rows = sweeps.map(({ sweep, results }) => {
    const { simulated, control } = results;
    const all = Object.values(results);
    return [
      plain(sweep.title),
      simulated ? plain(simulated.on.title) : '',
      tally(simulated),
      tally(control),
      simulated ? `${countOf(simulated.claims.results, 'qualitative')}` : '',
      [...new Set(all.map(({ claims }) => claims.seeds.length))].join(', '),
      minutes(all.reduce((sum, { seconds }) => sum + seconds, 0)),
    ];
  });
  const columns = [
    'table or figure',
    'stand-in',
    `simulated: ${kinds.join(' / ')}`,
    'control',
    'qualitative',
    'seeds',
    'time',
  ];
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const countOf = (claims, kind) => claims.filter(({ verdict }) => verdict === kind).length;

function section({ path, sweep, results }) {
  const { simulated, control } = results;
  const begin = `## ${sweep.title}\n\n${'`'}${path}${'`'}`;
  if (!simulated) return `${begin}: not run.`;
  const titles = Object.entries(results).map(
    ([name, { on, claims, cells, seconds }]) =>
      `\`${name}\` is ${on.title} (${claims.seeds.length} seeds, ${cells} runs, ${minutes(seconds)})`,
  );
  const rows = sweep.claims.flatMap((claim) => {
    const { id } = claim;
    const [here, there] = [simulated, control].map((one) =>
      one?.claims.results.find((claim) => claim.id === id),
    );
    if (!here || here.verdict === 'not applicable') return [];
    const margin = claim.control?.margin;
    const shown =
      margin === undefined ? effect(here) : [effect(here), `margin ${margin}`].filter(Boolean).join('; ');
    return [[text(claim), verdict(here), shown, pOf(here), there ? brief(there) : 'not run']];
  });
  const table = [
    ['claim', 'simulated', 'effect', 'p', 'control'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ];
  return [`${begin}: ${titles.join('; ')}.`, table.map((row) => `| ${row.join(' | ')} |`).join('\n')].join(
    '\n\n',
  );
}

const text = ({ id, statement, place, contradiction }) =>
  plain(
    `${id.split('.').slice(2).join('.') || id}: ${statement}${place ? ` (${place})` : ''}${contradiction ? `; the paper contradicts itself: ${contradiction}` : ''}`,
  );

/** The difference that decided, or stood in the way. */
function decisive({ verdict, needs, parts }) {
  const tested = parts.filter(({ p }) => p);
  if (tested.length === 0) return null;
  const side = verdict === 'fails' ? 'against' : 'for';
  const weakest = (needs === 'all') === (side === 'for');
  return tested.reduce((best, part) => (part.p[side] > best.p[side] === weakest ? part : best));
}

function effect(claim) {
  const part = decisive(claim);
  if (!part) return '';
  const { metric, row, against, less, unit, mean, effect: size } = part;
  const value = unit === 'relative' ? `${(100 * mean).toFixed(2)} %` : signed(mean);
  return plain(
    `${metric} ${value}, ${row} over ${against}${less ? ` less that of ${less[0]} over ${less[1]}` : ''}${size?.g === null || !size ? '' : `, g ${size.g.toFixed(1)}`}`,
  );
}

function pOf({ p, verdict }) {
  if (!p) return '';
  const value = p.adjusted[verdict === 'fails' ? 'fails' : 'holds'];
  return value < 0.0001 ? value.toExponential(0) : value.toFixed(4);
}

function verdict({ verdict, reason, moreSeeds }) {
  if (verdict === 'qualitative') return plain(`qualitative: seen in ${reason}`);
  if (verdict !== 'undecided') return `**${verdict}**`;
  return plain(moreSeeds === null ? `undecided: ${reason}` : `undecided: ${moreSeeds} more seeds`);
}

function brief(claim) {
  if (['qualitative', 'not applicable'].includes(claim.verdict)) return '';
  return [verdict(claim), effect(claim), pOf(claim) && `p ${pOf(claim)}`].filter(Boolean).join('; ');
}

const signed = (value) => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
const plain = (words) => words.replaceAll('|', '\\|').replaceAll('\n', ' ');
