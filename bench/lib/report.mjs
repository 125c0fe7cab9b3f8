// @ts-check
/** The results in words: a line a row while it runs, and the tables of docs/performance.md. */
import { median } from './statistics.mjs';

/**
 * @typedef {import('./compare.mjs').Outcome} Outcome
 * @typedef {{ name: string, what: string, against: string, unit: string, settings: object } & Outcome} Row
 * @typedef {{ name: string, date: string, commit: string | null, machine: string, threads: number, repetitions: number, rows: Row[] }} Result
 * @typedef {{ what: string, against: string, atLeast: number, rows: string[] }} Target rows: `comparison/row`, all of them
 */

/** @param {number} value three significant digits, thousands apart */
export function number(value) {
  if (value >= 100) return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** @param {number} bytes */
const mebibytes = (bytes) => `${number(bytes / 2 ** 20)} MiB`;

/** @param {Outcome['ratio']} ratio */
export function ratioText(ratio) {
  if (!ratio) return '';
  return `${number(ratio.median)} (${number(ratio.low)} to ${number(ratio.high)})`;
}

/**
 * @param {Outcome['ours']} side
 */
function speed(side) {
  return 'absent' in side ? '' : number(median(side.perSecond));
}

/**
 * One line for the terminal.
 *
 * @param {Row} row
 */
export function rowLine({ name, unit, ours, theirs, ratio }) {
  const side = (/** @type {string} */ label, /** @type {Outcome['ours']} */ measured) =>
    'absent' in measured
      ? `${label} absent: ${measured.absent}`
      : `${label} ${speed(measured)} ${unit}, ${mebibytes(measured.peakMemoryBytes)}`;
  const verdict = ratio ? `ratio ${ratioText(ratio)}` : 'no ratio';
  return `${name}: ${verdict}; ${side('ours', ours)}; ${side('theirs', theirs)}`;
}

/**
 * A row that was measured at another commit than most is marked.
 *
 * @param {readonly Result[]} results
 */
export function resultsTable(results) {
  const usual = mostFrequent(results.flatMap(({ commit, rows }) => rows.map(() => commit)));
  const mark = (/** @type {string | null} */ commit) => (commit === usual ? '' : ' †');
  const memory = (/** @type {Outcome['ours']} */ side) =>
    'absent' in side ? 'absent' : mebibytes(side.peakMemoryBytes);
  const lines = results.flatMap((result) =>
    result.rows.map((row) => [
      row.what,
      row.against,
      ratioText(row.ratio),
      String(repetitionsOf(row)),
      speed(row.ours),
      speed(row.theirs),
      row.unit,
      memory(row.ours),
      memory(row.theirs),
      `${result.date} ${result.commit ?? ''}`.trim() + mark(result.commit),
    ]),
  );
  const head = [
    'what',
    'against',
    'ratio (quartiles)',
    'n',
    'ours',
    'theirs',
    'unit',
    'peak memory, ours',
    'theirs',
    'measured',
  ];
  const foot = lines.some((line) => line.at(-1)?.endsWith('†'))
    ? '\n\n† at another commit than the others'
    : '';
  return table(head, lines) + foot;
}

/** @param {Row} row */
function repetitionsOf({ ours, theirs, ratio }) {
  if (ratio) return ratio.values.length;
  const side = 'absent' in ours ? theirs : ours;
  return 'absent' in side ? 0 : side.perSecond.length;
}

/** @param {readonly (string | null)[]} values */
function mostFrequent(values) {
  const count = (/** @type {string | null} */ value) => values.filter((other) => other === value).length;
  return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0] ?? null);
}

/** Fewer repetitions than this judge nothing. */
const ENOUGH = 5;

/**
 * What the targets come to: the worst of the rows that a target names. Rows of a few repetitions, or of a commit with
 * changes (`+`), do not count as measured.
 *
 * @param {readonly Target[]} targets
 * @param {readonly Result[]} results
 * @returns {{ target: Target, ratio: number | null, reached: string }[]}
 */
export function judge(targets, results) {
  /** @type {Map<string, number>} */
  const ratios = new Map();
  for (const { name, commit, rows } of results) {
    if (commit === null || commit.endsWith('+')) continue;
    for (const row of rows) {
      const { ratio } = row;
      if (ratio && ratio.values.length >= ENOUGH) ratios.set(`${name}/${row.name}`, ratio.median);
    }
  }
  return targets.map((target) => {
    const found = target.rows.flatMap((row) => ratios.get(row) ?? []);
    const ratio = found.length > 0 && found.length === target.rows.length ? Math.min(...found) : null;
    return {
      target,
      ratio,
      reached: ratio === null ? 'not measured' : ratio >= target.atLeast ? 'yes' : 'no',
    };
  });
}

/**
 * @param {readonly Target[]} targets
 * @param {readonly Result[]} results
 */
export function targetsTable(targets, results) {
  return table(
    ['what', 'against', 'at least', 'reached', 'ratio'],
    judge(targets, results).map(({ target, ratio, reached }) => [
      target.what,
      target.against,
      `${target.atLeast} x`,
      reached,
      ratio === null ? '' : `${number(ratio)} x`,
    ]),
  );
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- /generated -->`.
 *
 * @param {string} text
 * @param {string} name
 * @param {string} made
 */
export function between(text, name, made) {
  const start = `<!-- generated: ${name} -->\n`;
  const from = text.indexOf(start);
  const to = text.indexOf('<!-- /generated -->', from);
  if (from < 0 || to < 0) throw new Error(`no place for ${name}`);
  return `${text.slice(0, from + start.length)}\n${made}\n\n${text.slice(to)}`;
}
