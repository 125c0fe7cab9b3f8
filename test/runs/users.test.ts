import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openRun } from '../../src/runs/index.js';
import { describeIf, python, temporaryFolder } from '../support/index.js';
import { newRun } from './fixture.js';

const gauc = {
  user: Int32Array.of(3, 7, 500),
  value: Float64Array.of(0.5, 0, 0.75),
  weight: Float64Array.of(2, 40, 3),
};
const ndcg = { user: Int32Array.of(4, 7), value: Float64Array.of(0.25, 1), weight: Float64Array.of(1, 1) };
const users = new Map([
  ['gauc', gauc],
  ['catalogue/ndcg@10', ndcg],
]);

async function runWithUsers() {
  const results = temporaryFolder();
  const run = await newRun(results);
  expect(await run.readUsers()).toBeNull();
  await run.lock();
  await run.saveUsers(users);
  await run.unlock();
  return openRun(results, run.id);
}

it('keeps the values of users, each metric with its own', async () => {
  expect(await (await runWithUsers()).readUsers()).toEqual(users);
});

it('is refused when damaged, and without the lock', async () => {
  const run = await runWithUsers();
  await expect(run.saveUsers(users)).rejects.toThrow('not locked');
  truncateSync(join(run.directory, 'users.safetensors'), 300);
  await expect(run.readUsers()).rejects.toThrow(/users\.safetensors: .*\n.*start the run anew/);
});

const safetensors = python('safetensors', 'numpy');
describeIf(safetensors.exists, safetensors.reason)("Python's reader", () => {
  it('reads the columns', async () => {
    const run = await runWithUsers();
    const program = `
import json, sys
from safetensors.numpy import load_file
print(json.dumps({name: column.tolist() for name, column in load_file(sys.argv[1]).items()}))`;
    const found = safetensors.run(program, join(run.directory, 'users.safetensors'));
    expect(JSON.parse(found)).toEqual({
      user: [3, 4, 7, 500],
      'gauc/value': [0.5, 0, 0, 0.75],
      'gauc/weight': [2, 0, 40, 3],
      'catalogue/ndcg@10/value': [0, 0.25, 1, 0],
      'catalogue/ndcg@10/weight': [0, 1, 1, 0],
    });
  });
});
