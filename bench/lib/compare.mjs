// @ts-check
/** Runs one row of a comparison: warm-up, then repetitions in which the sides take turns. */
import { setTimeout as pause } from 'node:timers/promises';
import { AbsentError, Side } from './side.mjs';
import { ratios, spreadOf } from './statistics.mjs';

/**
 * @typedef {import('./side.mjs').Ready} Ready
 * @typedef {import('./side.mjs').Answer} Answer
 * @typedef {import('./side.mjs').Command} Command
 * @typedef {import('./statistics.mjs').Spread} Spread
 *
 * @typedef {Ready & { perSecond: number[], seconds: number[], peakMemoryBytes: number, checks: Record<string, number> }} Measured
 * @typedef {{ absent: string }} Absent
 * @typedef {{ ours: Measured | Absent, theirs: Measured | Absent, ratio: (Spread & { values: number[] }) | null }} Outcome
 */

/** Threads that spin while they wait for work come to rest before the other side begins. */
const REST_MS = 200;

/**
 * @param {() => Promise<Command>} ours may throw an AbsentError, and so may `theirs`
 * @param {() => Promise<Command>} theirs
 * @param {{ repetitions: number, onRun: (text: string) => void }} options
 * @returns {Promise<Outcome>}
 */
export async function compare(ours, theirs, { repetitions, onRun }) {
  /** @type {Contender[]} */
  const contenders = [];
  try {
    for (const [name, open] of /** @type {const} */ ([
      ['ours', ours],
      ['theirs', theirs],
    ])) {
      onRun(`${name}: preparing`);
      contenders.push(await Contender.start(open));
    }
    const present = contenders.filter((contender) => contender.side);
    for (const contender of present) await contender.run({ keep: false });
    for (let i = 0; i < repetitions; i++) {
      onRun(`repetition ${i + 1} of ${repetitions}`);
      for (const contender of i % 2 === 0 ? present : [...present].reverse()) {
        await pause(REST_MS);
        await contender.run({ keep: true });
      }
    }
  } finally {
    for (const { side } of contenders) side?.end();
  }
  const [mine, other] = contenders.map((contender) => contender.outcome());
  return {
    ours: /** @type {Measured | Absent} */ (mine),
    theirs: /** @type {Measured | Absent} */ (other),
    ratio: ratioOf(mine, other),
  };
}

/**
 * @param {Measured | Absent | undefined} ours
 * @param {Measured | Absent | undefined} theirs
 */
function ratioOf(ours, theirs) {
  if (!ours || !theirs || 'absent' in ours || 'absent' in theirs) return null;
  const values = ratios(ours.perSecond, theirs.perSecond);
  return { ...spreadOf(values), values };
}

class Contender {
  /** @type {Answer[]} */
  answers = [];

  /**
   * @param {Side | null} side
   * @param {Ready | Absent} about
   */
  constructor(side, about) {
    this.side = side;
    this.about = about;
  }

  /** @param {() => Promise<Command>} open */
  static async start(open) {
    /** @type {Side | null} */
    let side = null;
    try {
      side = new Side(await open());
      return new Contender(side, await side.ready());
    } catch (error) {
      side?.end();
      if (error instanceof AbsentError) return new Contender(null, { absent: error.message });
      throw error;
    }
  }

  /** @param {{ keep: boolean }} options */
  async run({ keep }) {
    const answer = await /** @type {Side} */ (this.side).run();
    if (!(answer.seconds > 0) || !(answer.examples > 0))
      throw new Error(`not an answer: ${JSON.stringify(answer)}`);
    if (keep) this.answers.push(answer);
  }

  /** @returns {Measured | Absent} */
  outcome() {
    if ('absent' in this.about) return this.about;
    return {
      ...this.about,
      perSecond: this.answers.map(({ examples, seconds }) => examples / seconds),
      seconds: this.answers.map(({ seconds }) => seconds),
      peakMemoryBytes: Math.max(...this.answers.map((answer) => answer.peakMemoryBytes)),
      checks: this.answers.at(-1)?.checks ?? {},
    };
  }
}
