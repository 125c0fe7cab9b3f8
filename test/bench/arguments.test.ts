import { describe, expect, it } from '@jest/globals';
import { readArguments, UsageError } from '../../bench/lib/arguments.mjs';

const known = ['bpr', 'lstm', 'metrics'];

describe('arguments of the bench', () => {
  it('runs everything five times unless told otherwise', () => {
    expect(readArguments([], known)).toMatchObject({
      names: known,
      repetitions: 5,
      quick: false,
      install: true,
    });
  });

  it('keeps the order of the list, each comparison once', () => {
    expect(readArguments(['metrics', 'bpr', 'metrics'], known).names).toEqual(['bpr', 'metrics']);
  });

  it('is quick with one repetition, or as many as asked for', () => {
    expect(readArguments(['--quick'], known).repetitions).toBe(1);
    expect(readArguments(['--quick', '--repetitions', '3'], known).repetitions).toBe(3);
    expect(readArguments(['--threads=4', '--no-install'], known)).toMatchObject({
      threads: 4,
      install: false,
    });
  });

  it.each([
    [['ncf'], /no comparison ncf; there are bpr, lstm, metrics/],
    [['--fast'], /--fast/],
    [['--threads', '0'], /--threads 0: must be a whole number from 1/],
    [['--repetitions', 'many'], /--repetitions many/],
    [['--repetitions'], /repetitions/],
  ])('refuses %j', (args, words) => {
    expect(() => readArguments(args, known)).toThrow(UsageError);
    expect(() => readArguments(args, known)).toThrow(words);
  });
});
