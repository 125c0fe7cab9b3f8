import { expect, it } from '@jest/globals';
import { compareUsers as compare, userComparisonText } from '../../src/cli/compare-users.js';
import { compareRuns, type Run } from '../../src/runs/index.js';
import { newRun, provenance } from '../runs/fixture.js';
import { temporaryFolder } from '../support/index.js';

const results = temporaryFolder();
const compareUsers = async (runs: readonly Run[]) => compare(runs, await compareRuns(runs));
const user = Int32Array.from({ length: 40 }, (_, i) => i);

async function runWith(values: readonly number[] | null, change = {}): Promise<Run> {
  const run = await newRun(results, change);
  await run.lock();
  const value = values && Float64Array.from(user, (u) => values[u % values.length]!);
  if (value) {
    await run.saveUsers(new Map([['gauc', { user, value, weight: Float64Array.from(user, () => 1) }]]));
  }
  await run.unlock();
  return run;
}

it('gives the gain over the first run, and how sure it is', async () => {
  const base = await runWith([0.5, 0.25]);
  // Better for every user, and for half of the users by as much as it is worse for the others.
  const better = await runWith([0.75, 0.5]);
  const mixed = await runWith([0.75, 0]);
  const rows = await compareUsers([base, better, mixed]);
  expect(rows).toMatchObject([
    { metric: 'gauc', run: better.id, over: base.id, users: 40, difference: 0.25, low: 0.25, high: 0.25 },
    { metric: 'gauc', run: mixed.id, over: base.id, users: 40, difference: 0 },
  ]);
  const [clear, none] = rows as [(typeof rows)[0], (typeof rows)[0]];
  // 2 / 2,001 is the least that 2,000 draws can say, and of two tests the smaller p counts twice.
  expect([clear.p, clear.pHolm]).toEqual([2 / 2001, 4 / 2001]);
  expect(none.p).toBeGreaterThan(0.5);
  // Of a mean of 40 values of +-1/4: 1.96 standard errors.
  expect(none.high).toBeCloseTo((1.96 * 0.25) / Math.sqrt(40), 1);
  const text = userComparisonText(rows, [base.id, better.id, mixed.id]);
  expect(text).toMatch(/gauc\s+2 over 1\s+\+0\.2500\s+\+0\.2500 to \+0\.2500\s+0\.0010\s+0\.0020\s+40/);
});

it('refuses what cannot be compared', async () => {
  const base = await runWith([0.5]);
  await expect(compareUsers([base, base])).rejects.toThrow('is named twice');
  await expect(compareUsers([base])).rejects.toThrow('there is one run');
  await expect(compareUsers([base, await runWith(null)])).rejects.toThrow('has no values of users');
  const label = { data: { ...(await base.experiment()).data, label: 'other' } };
  await expect(compareUsers([base, await runWith([0.5], label)])).rejects.toThrow('data.label differs');
  const other = await runWith([0.5]);
  const record = { ...other.record, provenance: { ...provenance, data: { name: 'x', fingerprint: 'c' } } };
  const elsewhere = Object.create(other, { record: { value: record } }) as Run;
  await expect(compareUsers([base, elsewhere])).rejects.toThrow('data.fingerprint differs');
});
