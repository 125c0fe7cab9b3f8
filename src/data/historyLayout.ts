import type { RandomStream } from '../base/index.js';
import { HistoryFinder } from './history.js';
import { Numbering } from './numbering.js';
import type { ContextHistory, HistorySpec, PreparedData } from './types.js';

/** The pair that a history belongs to. */
interface Owner {
  /** Row of the store that gives the user and the moment. */
  readonly anchor: number;
  /** Candidate, an item of the store. */
  readonly item: number;
}

/** Lays out one of a model's histories, batch after batch: histories that begin alike are one sequence. */
export class HistoryLayout {
  readonly finder: HistoryFinder;
  private readonly width: number;
  private readonly shared: boolean;
  private readonly sequenceNumber: Numbering;
  private sequence: number[] = [];
  private length: number[] = [];
  /** Of each sequence the longest history yet: how long, whose, and of which context. */
  private longest: number[] = [];
  private owner: Owner[] = [];
  private context: number[] = [];

  constructor(data: PreparedData, spec: HistorySpec) {
    this.finder = new HistoryFinder(data, spec);
    this.width = spec.length;
    this.shared = spec.prefixes === 'shared';
    this.sequenceNumber = new Numbering(this.shared ? this.finder.keys : 0);
  }

  restart(): void {
    this.sequenceNumber.restart();
    this.sequence = [];
    this.length = [];
    this.longest = [];
    this.owner = [];
    this.context = [];
  }

  /** Adds the next context. Its history is the one that the finder was asked for last, by the owner. */
  add(owner: Owner): void {
    const { finder, sequenceNumber, shared } = this;
    const s = shared && !finder.sampled ? sequenceNumber.of(finder.sequence) : sequenceNumber.next();
    if (!(finder.length <= this.longest[s]!)) {
      this.longest[s] = finder.length;
      this.owner[s] = owner;
      this.context[s] = this.sequence.length;
    }
    this.sequence.push(s);
    this.length.push(finder.length);
  }

  /**
   * Copies the items of the sequences and numbers them. The padding, one past the last item of the batch, is the caller's:
   * `pad`.
   *
   * @param items numbers the batch's items, and `distinct` receives them
   * @param stream the random stream of a context, from which a sample is drawn
   */
  layOut(
    items: Numbering,
    distinct: Int32Array,
    stream: (context: number, key: number) => RandomStream,
  ): ContextHistory {
    const { finder, width, longest, owner, context } = this;
    const count = longest.length;
    const item = new Int32Array(count * width);
    const time = finder.timed ? new Float64Array(count * width) : null;
    for (let s = 0; s < count; s++) {
      const { anchor, item: candidate } = owner[s]!;
      const key = finder.locate(anchor, candidate);
      const start = s * width;
      const random = () => stream(context[s]!, key);
      finder.copy(item, start, random);
      if (time) finder.copyTimes(time, start, random);
      items.replace(item, start, start + longest[s]!, distinct);
    }
    return {
      sequences: { count, width, item, length: Int32Array.from(longest), ...(time && { time }) },
      sequence: Int32Array.from(this.sequence),
      length: Int32Array.from(this.length),
    };
  }
}

/** Fills what lies past the end of the sequences. */
export function pad({ sequences: { count, width, item, length } }: ContextHistory, padding: number): void {
  for (let s = 0; s < count; s++) {
    if (length[s]! < width) item.fill(padding, s * width + length[s]!, (s + 1) * width);
  }
}
