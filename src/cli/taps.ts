import { type Surroundings, tapRun } from '../training/index.js';
import type { Output } from './command.js';
import { asJson, pairsText, resultsText, shapesOf, tapsOf, wordsOf, writerOf } from './forward.js';

/**
 * `mvrec runs taps`.
 *
 * @throws UserError for a file that is there already or of another kind, and what `tapRun` throws
 */
export async function runTaps(
  args: Readonly<Record<string, unknown>>,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<Output> {
  const {
    run,
    users = [],
    tap,
    out,
    force,
    checkpoint,
    engine,
  } = args as {
    run: string;
    users?: string[];
    tap: string[];
    out?: string;
    force?: boolean;
    checkpoint: 'best' | 'last';
    engine?: 'auto';
  };
  const write = out === undefined ? null : writerOf(out, force === true);
  const request = {
    run,
    users: [...new Set(wordsOf(users))],
    taps: tapsOf(tap),
    checkpoint,
    engine: engine ?? null,
  };
  const found = await tapRun(request, surroundings);
  const { results, caveat } = found;
  await write?.(results);
  const whose = found.users.map((user, pair) => `${pair}: user ${user}, item ${found.items[pair]}`);
  return {
    json: {
      run: found.run,
      checkpoint,
      out: out ?? null,
      users: found.users,
      items: found.items,
      arrays: out === undefined ? asJson(results) : shapesOf(results),
      caveat,
    },
    text: [
      ...whose,
      '',
      out === undefined ? pairsText(results) : `${resultsText(results)}\nWritten to ${out}.`,
      ...(caveat ? [`Note: ${caveat}`] : []),
    ].join('\n'),
  };
}
