import { UserErrors } from '../base/index.js';
import type { KnownGrounds, Probed } from '../training/index.js';
import { ask, errorOf } from './ask.js';
import type { CellResult, Job } from './cell.js';
import { sameGrounds } from './jobs.js';
import type { SweepSurroundings } from './sweepTypes.js';

/** What a sweep finds out about its cells before it runs them. */
export class Inquiry {
  /** What was measured, by label. */
  readonly probed = new Map<string, Probed>();

  /** @param make whether data that are not there yet are simulated or imported */
  constructor(
    private readonly surroundings: SweepSurroundings,
    private readonly make: boolean,
  ) {}

  /** What the results are functions of, asked once for all cells that share it. */
  async grounds(jobs: readonly Job[]): Promise<Map<string, KnownGrounds>> {
    const experiments = new Map(jobs.map(({ experiment }) => [sameGrounds(experiment), experiment]));
    const answers = await ask<KnownGrounds>('grounds', [...experiments.values()], this.asking(), {
      make: this.make,
    });
    const mistakes = answers.flatMap((answer) => ('mistake' in answer ? [errorOf(answer.mistake)] : []));
    if (mistakes.length > 0) throw new UserErrors(mistakes);
    const values = answers.flatMap((answer) => ('value' in answer ? [answer.value] : []));
    return new Map([...experiments.keys()].map((key, i) => [key, values[i]!]));
  }

  /**
   * Tries out the first of the jobs of each label, where none has finished. What is wrong with any of them is told before one is
   * trained.
   */
  async probe(jobs: readonly Job[], results: readonly CellResult[]): Promise<void> {
    const done = new Set(results.flatMap(({ label, state }) => (state === 'finished' ? [label] : [])));
    const untried = jobs.filter(({ label }) => !done.has(label) && !this.probed.has(label));
    const first = [...new Map(untried.toReversed().map((job) => [job.label, job])).values()].reverse();
    if (first.length === 0) return;
    this.surroundings.reporter.note(`trying out ${first.length === 1 ? 'a cell' : `${first.length} cells`}`);
    const experiments = first.map(({ experiment }) => experiment);
    const answers = await ask<Probed>('probe', experiments, this.asking(), { make: this.make });
    const mistakes = answers.flatMap((answer, i) => {
      if ('value' in answer) {
        this.probed.set(first[i]!.label, answer.value);
        return [];
      }
      const { problem, ...rest } = answer.mistake;
      return [errorOf({ problem: `${first[i]!.label}: ${problem}`, ...rest })];
    });
    if (mistakes.length > 0) throw new UserErrors(mistakes);
  }

  private asking() {
    const { reporter, settings, command, signal } = this.surroundings;
    const onNote = (text: string): void => reporter.note(text);
    const onCount = reporter.counting.bind(reporter);
    return { settings, command, signal, onNote, onCount };
  }
}
