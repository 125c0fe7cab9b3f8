import type { Card } from '../card.js';
import type { HistorySpec, PreparedData, SplitName } from '../types.js';

/**
 * `leak`: a model is told, in training or in the test, what it could not know when the item is shown, or the test rows
 * decide about the model. `warning`: numbers may mislead, or the log is damaged. `note`: a fact to state beside them.
 */
export const severities = ['leak', 'warning', 'note'] as const;
export type Severity = (typeof severities)[number];

/** Every finding that there can be, in the order of docs/audit.md. */
export const findingCodes = [
  'target-in-history',
  'history-after-impression',
  'later-part-in-history',
  'history-not-in-log',
  'test-items-in-history',
  'rows-in-two-parts',
  'validation-is-test',
  'pairs-in-two-parts',
  'vectors-fitted-on-all',
  'counted-on-all',
  'exact-duplicates',
  'conflicting-labels',
  'changing-labels',
  'label-constant',
  'label-constant-per-user',
  'label-equals-column',
  'label-from-column',
  'feature-tells-label',
  'feature-of-label',
  'feature-varies',
  'feature-named-like-outcome',
  'field-of-outcome',
  'history-of-measure',
  'candidates-hold-positives',
  'candidates-lack-positive',
  'negatives-hold-positives',
  'train-after-test',
  'future-of-other-users',
  'selected-on-test',
  'mixed-time-units',
  'times-not-positive',
] as const;
export type FindingCode = (typeof findingCodes)[number];

/** What an experiment does with its data, as far as an audit has to know. */
export interface AuditSettings {
  /** `data.label`, `data.history` and `data.negativeHistory`: names of columns, the latter also of published histories. */
  readonly label: string;
  readonly history?: string | undefined;
  readonly negativeHistory?: string | undefined;
  /** Kind of `data.split`. */
  readonly split: string;
  /** Settings whose rule counts the rows of all parts, such as `data.filter`. */
  readonly countsAll: readonly string[];
  readonly model: ModelUse;
  /** Whether negatives are drawn among items that the user has no positive train row with. */
  readonly drawsNegatives: boolean;
  readonly selectOn: 'validation' | 'test' | 'last';
  /** Whether positives are ranked among items that were not logged beside them. */
  readonly ranksUnlogged: boolean;
  /** Lists that are ranked, where they are given or drawn: all of them, or some. */
  readonly candidates: AuditedLists | null;
  /** What the columns and features were made of, where that is known. */
  readonly card: Card | null;
}

/** What a model looks at. */
export interface ModelUse {
  readonly histories: readonly HistoryUse[];
  /** Features by name: categories or vectors; `id` is the item (user) itself. */
  readonly items: readonly string[];
  readonly users: readonly string[];
  /** Columns of the row itself. Default: none. */
  readonly columns?: readonly string[];
}

/** A history that a model looks at. */
export interface HistoryUse extends Pick<HistorySpec, 'events' | 'length' | 'sample' | 'target'> {
  /** The option that sets `target`, and to what, for example `model.historyTarget: include`. */
  readonly setting: string;
}

/** Lists of candidates. */
export interface AuditedLists {
  /** Row that a list is there for: its item is to be found. [lists] */
  readonly anchor: Int32Array;
  /** How many of its candidates, the first ones, are relevant. [lists] */
  readonly relevant: Int32Array;
  candidates(list: number): Int32Array;
}

/** A row of the log in words of its source. */
export interface ExampleRow {
  /** Number of the row in the store. */
  readonly row: number;
  readonly user: string;
  readonly item: string;
  /** In the unit of the store. */
  readonly time: number;
  readonly label: number;
  /** Null for a row that a filter left out. */
  readonly part: SplitName | null;
}

/** What a check has found: facts only. */
export interface Detection {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** How many of `of`, both in `unit`. */
  readonly count: number;
  readonly of: number;
  readonly unit: 'rows' | 'users' | 'pairs' | 'items' | 'events' | 'lists' | 'candidates';
  /** `count` by part, where rows of several parts are counted. */
  readonly parts?: Readonly<Partial<Record<SplitName, number>>>;
  /** Row of the store; the second one is what it collides with. */
  readonly example?: number | undefined;
  readonly other?: number | undefined;
  /** The column, feature or history in question. */
  readonly subject?: string;
  /** An AUC, a share or a threshold, as the text of the code says. */
  readonly value?: number;
  /** The setting that does this on purpose, for example `model.historyTarget: include`. */
  readonly setting?: string;
}

/** A detection in words, with its example rows. */
export interface AuditFinding extends Omit<Detection, 'example' | 'other'> {
  readonly what: string;
  readonly fix: string;
  readonly example: ExampleRow | null;
  readonly other: ExampleRow | null;
}

/** What an audit has found, worst first. */
export interface Audit {
  readonly leaks: number;
  readonly warnings: number;
  readonly notes: number;
  readonly findings: readonly AuditFinding[];
}

/** What every check works on. */
export interface AuditContext {
  readonly data: PreparedData;
  readonly settings: AuditSettings;
  /** Bit p is set where the row lies in part p of `partNames`; 0: a filter left it out. [rows] */
  readonly parts: Uint8Array;
  /** The row before of the same user and item, or -1. [rows] */
  readonly previous: Int32Array;
  /** The same, or -1 where that row has another time. [rows] */
  readonly atOnce: Int32Array;
  /**
   * Where rows of the same user and item lie, by label: part p with label 0 is bit p, with label 1 bit 3 + p. `bitsOfPair`
   * is of all such rows, `bitsAtOnce` of those of the row's time. [rows] each
   */
  readonly bitsOfPair: Uint8Array;
  readonly bitsAtOnce: Uint8Array;
  /** Times are only places in an order, and not of several users together. */
  readonly orderOnly: boolean;
}

/** A check looks for findings of one kind, and knows nothing of the others. */
export type Check = (context: AuditContext) => readonly Detection[];
