// @ts-check
/** Real logs of positives, split by leaving each user's last two rows out. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeNpy } from '../../dist/base/index.js';
import { AbsentError } from './side.mjs';

/**
 * @typedef {{ user: number[], item: number[] }} Positives
 * @typedef {{ train: Positives, validation: Positives, test: Positives, items: number, users: number }} Split
 */

const project = fileURLToPath(new URL('../..', import.meta.url));
const shared = resolve(process.env.MVREC_SHARED_DATA ?? join(project, '..', 'shared', 'data'));
const PARTS = ['training', 'validation', 'testing'];

/**
 * The text of a folder's `interactions.csv`.
 *
 * @param {string} name
 * @throws {AbsentError}
 */
export function readLog(name) {
  try {
    return readFileSync(join(shared, name, 'interactions.csv'), 'utf8');
  } catch {
    throw new AbsentError(`the shared data ${name} is not here (set MVREC_SHARED_DATA to its folder)`);
  }
}

/**
 * Joins the three parts of the file in order, user by user. Of users with three rows or more the last is test and the
 * last but one validation; all else is train. Items are numbered by their first row in the file.
 *
 * @param {string} csv `user,item,split,position`
 * @param {number} [most] so many users only
 * @returns {Split}
 */
export function leaveOneOut(csv, most = Number.POSITIVE_INFINITY) {
  /** @type {Map<string, number[][]>} */
  const users = new Map();
  /** @type {Map<string, number>} */
  const items = new Map();
  for (const line of csv.trim().split(/\r?\n/).slice(1)) {
    const [user = '', item = '', part = ''] = line.split(',');
    const parts = users.get(user) ?? [[], [], []];
    if (!users.has(user)) {
      if (users.size >= most) continue;
      users.set(user, parts);
    }
    if (!items.has(item)) items.set(item, items.size);
    parts[PARTS.indexOf(part)]?.push(/** @type {number} */ (items.get(item)));
  }
  const make = () => ({ user: /** @type {number[]} */ ([]), item: /** @type {number[]} */ ([]) });
  const split = { train: make(), validation: make(), test: make(), items: items.size, users: users.size };
  [...users.values()].forEach((parts, user) => {
    const rows = parts.flat();
    rows.forEach((item, i) => {
      const left = rows.length - i;
      const part = rows.length < 3 || left > 2 ? split.train : left === 2 ? split.validation : split.test;
      part.user.push(user);
      part.item.push(item);
    });
  });
  return split;
}

/**
 * Writes the parts as `trainUser.npy`, `trainItem.npy`, ... and `sizes.npy` (users, items).
 *
 * @param {string} folder
 * @param {Split} split
 */
export async function writeLeaveOneOut(folder, { users, items, ...parts }) {
  const save = (/** @type {string} */ name, /** @type {number[]} */ values) =>
    writeFile(join(folder, `${name}.npy`), encodeNpy(Int32Array.from(values), [values.length]));
  for (const [name, { user, item }] of Object.entries(parts)) {
    await save(`${name}User`, user);
    await save(`${name}Item`, item);
  }
  await save('sizes', [users, items]);
}
