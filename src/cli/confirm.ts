import { createInterface } from 'node:readline/promises';
import { InterruptedError, UserError } from '../base/index.js';

/**
 * Asks on the terminal; anything but `y` or `yes` is a no.
 *
 * @param flag option that answers beforehand
 * @throws UserError when there is no terminal to ask on
 */
export async function confirm(question: string, flag: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError('there is no terminal to ask on', `Say ${flag}.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<never>((_, reject) => {
    terminal.once('SIGINT', () => reject(new InterruptedError()));
    terminal.once('close', () => reject(new InterruptedError())); // Ctrl-D
  });
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    closed.catch(() => {});
    terminal.close();
  }
}
