/**
 * What a data set is, once read: columns. Users and items are numbered densely from 0; `userIds` and `itemIds`
 * give back the identifiers of the source. Nothing is copied per row: a history is a slice of `rows`.
 */
export interface Store {
  readonly name: string;
  /** Content address: SHA-256 over the sources' bytes (or the simulator's settings) and the reader's version. */
  readonly fingerprint: string;
  /** One sentence to print beside every number that comes from this data: "simulated", a selection bias, a licence. */
  readonly caveat: string | null;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly interactions: Interactions;
  readonly items: Features;
  readonly users: Features;
  /** Histories as the source published them, by name. Empty where it has none. */
  readonly histories: Readonly<Record<string, SourceHistory>>;
  /**
   * Simulated worlds know the probability of each label: by label column, [rows] each. Empty for real logs. For
   * judging models (the oracle's AUC), never an input of one.
   */
  readonly truth: Readonly<Record<string, Float32Array>>;
}

/** The log, sorted by (user, time); ties in the order of the source or by item, as the data set's card says. */
export interface Interactions {
  readonly rows: number;
  /** CSR: the rows of user u are `userOffsets[u] .. userOffsets[u+1]-1`. [users + 1] */
  readonly userOffsets: Int32Array;
  /** [rows] */
  readonly user: Int32Array;
  /** [rows] */
  readonly item: Int32Array;
  /** In the source's unit (milliseconds since 1970 where it has one), or the position where only order is known. [rows] */
  readonly time: Float64Array;
  /** Labels and numeric context by column name, for example `is_click`. [rows] each */
  readonly columns: Readonly<Record<string, Float32Array>>;
  /** Part of the published split that a row lies in: an index of `partNames`. Absent where the source has none. [rows] */
  readonly part?: Uint8Array;
}

/** Numbers of the parts of a split in `Interactions.part`. */
export const partNames = ['train', 'validation', 'test'] as const;

/**
 * A history for each row that came with the log: of row r the items `item[start[r] .. end[r]-1]`, oldest first. Rows
 * share storage where their histories are stretches of one list; rows with the same `end` (and a history that is not
 * empty) have the same `start`, so the last event tells a history.
 */
export interface SourceHistory {
  /** [events] */
  readonly item: Int32Array;
  /** [rows] */
  readonly start: Int32Array;
  /** [rows] */
  readonly end: Int32Array;
}

/** Features of users or of items. */
export interface Features {
  /** Categorical: a value in 0..cardinality-1, or -1 where unknown. */
  readonly categories: Readonly<Record<string, CategoryFeature>>;
  /** Several categories each, in the order of the source. */
  readonly tags: Readonly<Record<string, TagFeature>>;
  /** Texts such as titles, '' where there is none. No model reads them. [count] each */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** Dense vectors. */
  readonly vectors: Readonly<Record<string, VectorFeature>>;
}
/** Of item (or user) i the values `values[offsets[i] .. offsets[i+1]-1]`, each in 0..cardinality-1. */
export interface TagFeature {
  /** [count + 1] */
  readonly offsets: Int32Array;
  readonly values: Int32Array;
  readonly cardinality: number;
}
export interface CategoryFeature {
  readonly values: Int32Array;
  readonly cardinality: number;
  /** How many items (or users) have several values in the source, of which one was taken. Absent: none, or not known. */
  readonly varying?: number;
  /**
   * Whether a model that can learn something for unknown does so for this feature. Absent: where something with a train row
   * has no value.
   */
  readonly learnsUnknown?: boolean;
}
/** What is known of vectors besides their numbers. */
export interface VectorTraits {
  /** An item's vector is that many vectors of its clips one after another, each of width / clips. Absent: one, of the whole. */
  readonly clips?: number | undefined;
  /** The rows that the source's own projection saw, where it says so; `all`: those of the test too. */
  readonly fittedOn?: 'train' | 'all' | undefined;
}
/** A dense vector an item (or user), read by rows: from memory, or from a file that would not fit there. */
export interface VectorFeature extends VectorTraits {
  readonly width: number;
  /** The vectors of the given items, row-major [N, width], in a fresh array. */
  rows(items: Int32Array): Float32Array;
  /** All of them where they are in memory, row-major [items, width]. Never changes. */
  readonly matrix?: Float32Array;
}

export type SplitName = (typeof partNames)[number];

/** What a filter made of a store. */
export interface Filtered {
  readonly before: Readonly<Record<'users' | 'items' | 'rows', number>>;
  readonly after: Readonly<Record<'users' | 'items' | 'rows', number>>;
  /** Each condition, and how many did not meet it. One user may fail several. */
  readonly dropped: readonly string[];
}

/** A store with one label chosen, filtered, split, and its histories indexed: what training and evaluation see. */
export interface PreparedData {
  /** What the filter left. */
  readonly store: Store;
  /** Null or absent without a filter. */
  readonly filtered?: Filtered | null;
  /** 0 or 1 a row of the store. [rows] */
  readonly label: Float32Array;
  /** Row numbers of each part, ascending. Disjoint. */
  readonly split: Readonly<Record<SplitName, Int32Array>>;
  /**
   * The histories of events of one kind, indexed when they are first asked for.
   *
   * @throws UserError when there is no such column, or no negative events beside histories that came with the log
   */
  readonly histories: (events: EventKind) => Histories;
  /** 1 where the item has a row in the train part; where a model is built, one that its training can meet. [items] */
  readonly warmItems: Uint8Array;
  /** Likewise of users. Absent: those with a row in the train part. [users] */
  readonly warmUsers?: Uint8Array;
  /** Rows of the train part that give training pairs their moment, where a model is built. Absent: all. Ascending. */
  readonly anchors?: Int32Array;
  /**
   * Columns of the log of which arrays give the value of each context, numbered already. Absent: models number what the train
   * rows have.
   */
  readonly contextFields?: Readonly<Record<string, CategoryFeature>>;
}

/**
 * Every user's positive events in time order. The causal history of a row is
 * `item[offsets[user] .. causalEnd[row]-1]`: what this user did strictly before the row's time, as far as the split lets
 * it be seen (`visibleRows`). The static history is
 * `trainItem[trainOffsets[user] .. trainOffsets[user+1]-1]`: what the user did inside the train part.
 */
export interface Histories {
  /** [users + 1] */
  readonly offsets: Int32Array;
  /** [events] */
  readonly item: Int32Array;
  /** [rows] */
  readonly causalEnd: Int32Array;
  /**
   * Of histories that came with the log: where a row's begins, in place of its user's first event. Then there are no
   * static histories, and nothing but the source says that they are causal. [rows]
   */
  readonly windowStart?: Int32Array;
  /** Events of a user that lie in the train part come first only for time splits, hence a list of their own. */
  readonly trainOffsets: Int32Array;
  readonly trainItem: Int32Array;
  /** The row of each event of `item`. Absent for histories that came with the log, which do not tell it. [events] */
  readonly row?: Int32Array;
  /** The same of `trainItem`. */
  readonly trainRow?: Int32Array;
}

/**
 * Which rows of a user are the events of a history: those that `data.history` names (the clicked ones), those that
 * `data.negativeHistory` names (the ones shown and not clicked), or those that are positive in a column.
 */
export type EventKind = 'positive' | 'negative' | { readonly column: string };

/** How a model wants to see one of its histories. */
export interface HistorySpec {
  /** Default: positive. */
  readonly events?: EventKind;
  /** At most this many items, oldest first. */
  readonly length: number;
  /**
   * Of a longer history: the most recent items, the first ones (ALPINE's head), or a fresh random sample in time order
   * (THACIL's released code).
   */
  readonly sample: 'recent' | 'first' | 'random';
  /**
   * `causal`: events strictly before the impression. `include`: all positive events of the train part, the target
   * too (THACIL's released code). `exclude`: the same without any event of the candidate, so the history of a pair
   * that is such an event is shorter than that of one that is not.
   */
  readonly target: 'causal' | 'include' | 'exclude';
  /**
   * Causal histories: so many rows of a user, one after the other, have one history, which ends before the first of them.
   * Default: 1, each row its own.
   */
  readonly chunk?: number;
  /** Whether the times of the events are wanted (`Sequences.time`). Default: no. */
  readonly times?: boolean;
  /**
   * Whether the model can encode an event list once for all histories that are a beginning of it. `separate`: every
   * context has a sequence of its own, with its number and exactly its length.
   */
  readonly prefixes: 'shared' | 'separate';
}

/**
 * A column of the log that tells contexts apart, such as the hour of an impression: each row is in one of a few places. A
 * sampled negative is in that of the positive row it was drawn for, and a candidate of a ranking in that of the row which is asked about.
 */
export interface RowField {
  /** A log without that column has nothing known in it. */
  readonly column: string;
  /** Number of places, of which 0 is unknown. */
  readonly places: number;
  /** Place of a value of the column, in 0..places-1. */
  readonly placeOf: (value: number) => number;
}

/** What a model looks at besides users and items: what a batch has to hold. */
export interface ContextSpec {
  readonly histories: readonly HistorySpec[];
  readonly rowFields?: readonly RowField[] | undefined;
}

/**
 * One step's input. Users are encoded once: pairs that share a user and histories share a context, contexts whose
 * histories begin alike may share a sequence. Items are gathered once: sequences and pairs refer to positions in
 * `items`.
 */
export interface Batch {
  /** Distinct items of the batch. [N] */
  readonly items: Int32Array;
  readonly contexts: Contexts;
  /** In the order in which the model asks for them. */
  readonly histories: readonly ContextHistory[];
  readonly pairs: Pairs;
}

/** Users, each with one moment's histories and places in the fields of its row. */
export interface Contexts {
  readonly count: number;
  /** [U] */
  readonly user: Int32Array;
  /** The places of each context, in the order in which the model asks for fields. [U] each */
  readonly places: readonly Int32Array[];
}

/** One history of each context: the first `length` items of a sequence. */
export interface ContextHistory {
  readonly sequences: Sequences;
  /** [U] */
  readonly sequence: Int32Array;
  /** [U] */
  readonly length: Int32Array;
}

/**
 * The event lists that the histories of a batch are beginnings of, each as long as the longest of these. With
 * `prefixes: 'shared'` all contexts of a user have one sequence, but for
 *
 * - `recent` histories longer than n: the window slides, so each is a sequence of its own,
 * - `random` ones longer than n: so is each sample,
 * - `exclude`: and each history that lacks an event of its candidate.
 */
export interface Sequences {
  readonly count: number;
  /** Width n of `item`: the history's `length`. */
  readonly width: number;
  /** Row-major [S, n], positions in `items`, oldest first, padded at the end with N (one past the last item). */
  readonly item: Int32Array;
  /** Number of real items of each sequence. [S] */
  readonly length: Int32Array;
  /** When each event was, in the unit of the log, 0 in the padding; for a history whose `times` are wanted. [S, n] */
  readonly time?: Float64Array;
}

export interface Pairs {
  readonly count: number;
  /** Context of each pair. [P] */
  readonly context: Int32Array;
  /** Candidate of each pair, a position in `items`. [P] */
  readonly item: Int32Array;
  /** [P] */
  readonly label: Float32Array;
  /** Row of the store, or -1 for a sampled negative. [P] */
  readonly row: Int32Array;
}

/** Users with an item that each chose and one that was not chosen: columns of equal length, users and items of the store. */
export interface Couples {
  readonly user: Int32Array;
  readonly positive: Int32Array;
  readonly negative: Int32Array;
}
