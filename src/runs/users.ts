import {
  encodeSafetensors,
  openSafetensors,
  type SafetensorsFile,
  UserError,
  writeFileAtomically,
} from '../base/index.js';
import type { UserValues } from '../metrics/index.js';
import { explainReadFailure } from './json.js';

/**
 * Writes one column of users, and of each metric a value (float32) and a weight (whole numbers) for each of them; users that
 * take no part in a metric have weight 0 there.
 */
export async function writeUsers(file: string, values: ReadonlyMap<string, UserValues>): Promise<void> {
  const all = [...values.values()].flatMap(({ user }) => [...user]);
  const user = Int32Array.from(new Set(all)).sort();
  const place = new Map([...user.entries()].map(([at, one]) => [one, at]));
  const columns = [...values].flatMap(([metric, some]) => {
    const value = new Float32Array(user.length);
    const weight = new Int32Array(user.length);
    some.user.forEach((one, i) => {
      value[place.get(one)!] = some.value[i]!;
      weight[place.get(one)!] = some.weight[i]!;
    });
    return [
      { name: `${metric}/value`, shape: [user.length], data: value },
      { name: `${metric}/weight`, shape: [user.length], data: weight },
    ];
  });
  await writeFileAtomically(
    file,
    encodeSafetensors([{ name: 'user', shape: [user.length], data: user }, ...columns]),
  );
}

/** Null where there is no such file. */
export async function readUsers(file: string): Promise<ReadonlyMap<string, UserValues> | null> {
  let opened: SafetensorsFile;
  try {
    opened = await openSafetensors(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof UserError)) throw explainReadFailure(error, file);
    throw new UserError(error.problem, 'Restore the file, or start the run anew.', { file });
  }
  try {
    const user = (await opened.read('user')) as Int32Array;
    const values = new Map<string, UserValues>();
    for (const name of opened.names) {
      if (!name.endsWith('/value')) continue;
      const metric = name.slice(0, -'/value'.length);
      const value = (await opened.read(name)) as Float32Array;
      const weight = (await opened.read(`${metric}/weight`)) as Int32Array;
      const takesPart = (_: number, i: number): boolean => weight[i]! > 0;
      values.set(metric, {
        user: user.filter(takesPart),
        value: Float64Array.from(value).filter(takesPart),
        weight: Float64Array.from(weight).filter(takesPart),
      });
    }
    return values;
  } finally {
    await opened.close();
  }
}
