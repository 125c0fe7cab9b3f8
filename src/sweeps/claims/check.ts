import { didYouMean, type UserError, UserErrors } from '../../base/index.js';
import type { Claim, Finding } from '../../config/index.js';
import { metricDirection } from '../../metrics/index.js';
import { same, slicesAlong } from './slices.js';
import type { ClaimPlan } from './types.js';

/** A sweep as claims see it before it runs. */
export interface PlanToCheck extends ClaimPlan {
  /** Columns of the table; null where they are not known, and not checked. */
  readonly metrics: readonly string[] | null;
  /** Names of the data in `on`. */
  readonly on: readonly string[];
  /** The error for a finding, at the place of its path in the file. */
  mistake(finding: Finding): UserError;
}

/**
 * What can be known to be wrong with claims before anything is trained: rows, metrics, axes, points and data that the sweep does
 * not have.
 *
 * @throws UserErrors with all of it, each at its place in the file
 */
export function checkClaims(claims: readonly Claim[], plan: PlanToCheck): void {
  const problems = claims.flatMap((claim, i) => {
    const checker = new ClaimChecker(plan, ['claims', i]);
    if (claims.findIndex(({ id }) => id === claim.id) < i) {
      checker.add(['id'], `two claims are called ${claim.id}`, 'Give each a name of its own.');
    }
    checker.visit(claim);
    return checker.problems;
  });
  if (problems.length > 0) throw new UserErrors(problems);
}

/** The direction of a metric, whose name may say what was ranked: `catalogue/ndcg@10`. */
export function directionOf(metric: string): 'higher' | 'lower' {
  return metricDirection(metric.slice(metric.lastIndexOf('/') + 1));
}

type Path = readonly (string | number)[];

class ClaimChecker {
  readonly problems: UserError[] = [];

  constructor(
    private readonly plan: PlanToCheck,
    private readonly path: Path,
  ) {}

  add(path: Path, problem: string, fix: string): void {
    this.problems.push(this.plan.mistake({ path: [...this.path, ...path], problem, fix }));
  }

  visit(claim: Claim): void {
    if (claim.type === 'qualitative') return;
    const { metrics } = this.plan;
    if (metrics) {
      claim.metrics.forEach((metric, i) => {
        this.known('metric', metric, metrics, ['metrics', i], 'Columns of the table');
      });
    }
    this.once('metrics', claim.metrics);
    for (const [name, path] of dataOf(claim)) {
      this.known('data', name, this.plan.on, ['requires', 'data', ...path], 'Data in on');
    }
    switch (claim.type) {
      case 'order':
        this.rows('rows', claim.rows);
        this.rows('above', claim.above);
        this.rows('below', claim.below);
        claim.below?.forEach((row, i) => {
          if (claim.above?.includes(row)) {
            this.add(['below', i], `${row} is in above, too`, 'Keep one of the two.');
          }
        });
        break;
      case 'atLeast':
        this.row(['row'], claim.row);
        this.other('over', claim.over, claim.row);
        break;
      case 'near':
        this.row(['row'], claim.row);
        if (claim.reference !== undefined) this.other('reference', claim.reference, claim.row);
        break;
      case 'best':
        if (claim.row !== undefined) this.row(['row'], claim.row);
        this.rows('among', claim.among);
        if (claim.row !== undefined && this.plan.cells.length < 2) {
          this.add(['row'], 'the table has one row, which is best and worst', 'Add others.');
        }
        if (claim.axis !== undefined) this.along(claim.axis, claim.where, claim.point);
        break;
      case 'monotone':
        this.rows('rows', claim.rows);
        this.rows('over', claim.over);
        if (claim.axis !== undefined) this.along(claim.axis, claim.where);
        break;
      case 'insignificant':
        this.row(['row'], claim.row);
        this.rows('over', claim.over);
        if (claim.over.includes(claim.row)) {
          this.add(
            ['over', claim.over.indexOf(claim.row)],
            `${claim.row} is held against itself`,
            'Remove it.',
          );
        }
        break;
    }
  }

  private known(what: string, name: string, names: readonly string[], path: Path, title: string): boolean {
    if (names.includes(name)) return true;
    const fix = names.length > 0 ? didYouMean(name, names, title) : 'The sweep has none.';
    this.add(path, `the sweep has no ${what} ${name}`, fix);
    return false;
  }

  private row(path: Path, row: string): void {
    this.known(
      'row',
      row,
      this.plan.cells.map(({ label }) => label),
      path,
      'Rows',
    );
  }

  private rows(key: string, rows: readonly string[] = []): void {
    rows.forEach((row, i) => {
      this.row([key, i], row);
    });
    this.once(key, rows);
  }

  private other(key: string, row: string, than: string): void {
    this.row([key], row);
    if (row === than) this.add([key], `${row} is held against itself`, 'Name another row.');
  }

  private once(key: string, names: readonly string[]): void {
    names.forEach((name, i) => {
      if (names.indexOf(name) < i) this.add([key, i], `${key} names ${name} twice`, 'Keep one of the two.');
    });
  }

  /** An axis, the values of others that go with it, and cells along it. */
  private along(axis: string, where: Readonly<Record<string, unknown>> = {}, point?: unknown): void {
    const { axes } = this.plan;
    const names = axes.map(({ name }) => name);
    if (!this.known('axis', axis, names, ['axis'], 'Axes')) return;
    const before = this.problems.length;
    for (const [name, value] of Object.entries(where)) {
      if (name === axis) {
        this.add(['where', name], `where fixes ${name}, the axis of the claim`, 'Name other axes there.');
      } else if (this.known('axis', name, names, ['where', name], 'Axes')) {
        this.point(name, value, ['where', name]);
      }
    }
    if (point !== undefined) this.point(axis, point, ['point']);
    if (this.problems.length > before) return;
    const slices = slicesAlong(this.plan, axis, where);
    if (slices.length === 0) this.add(['where'], 'no cell has these values', 'Give those of cells.');
    for (const slice of slices) {
      const labels = slice.map(({ label }) => label).join(', ');
      if (slice.length < 2) {
        this.add(['axis'], `${labels} stands alone on the axis ${axis}`, 'Narrow it down by where.');
      } else if (point !== undefined && !slice.some((cell) => same(cell.point, point))) {
        this.add(['point'], `none of ${labels} is at ${show(point)}`, 'Narrow it down by where.');
      }
    }
  }

  private point(name: string, value: unknown, path: Path): void {
    const { values } = this.plan.axes.find((axis) => axis.name === name)!;
    if (values.some((other) => same(other, value))) return;
    const fix = didYouMean(show(value), values.map(show), 'Points');
    this.add(path, `the axis ${name} has no point ${show(value)}`, fix);
  }
}

/** A name, or each of a list, with its path below `requires.data`. */
function dataOf({ requires }: Exclude<Claim, { type: 'qualitative' }>): [name: string, path: Path][] {
  const data = requires?.data ?? [];
  return typeof data === 'string' ? [[data, []]] : data.map((name, i) => [name, [i]]);
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
