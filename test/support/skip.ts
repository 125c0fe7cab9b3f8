import { describe, it } from '@jest/globals';

/**
 * `describe` for tests that need something which is not everywhere: the native engine, shared data, Python.
 * Where `condition` fails they are skipped, and `npm test` ends with the list of reasons.
 *
 * @param reason what is missing and how to have it, continuing "because"
 */
export function describeIf(condition: boolean, reason: string) {
  return (name: string, tests: () => void): void =>
    condition ? describe(name, tests) : describe.skip(withReason(name, reason), tests);
}

/** `it` on the same terms. */
export function itIf(condition: boolean, reason: string) {
  return (name: string, test: () => void | Promise<void>): void =>
    condition ? it(name, test) : it.skip(withReason(name, reason), test);
}

/** The reporter `skips.js` finds the reason in the name. */
const withReason = (name: string, reason: string): string => `${name} [skipped because ${reason}]`;
