import { findOfPair, Tally, TEST, TRAIN, VALIDATION } from './context.js';
import { partsOfAny, partsOfLabel } from './pairs.js';
import type { AuditContext, Detection } from './types.js';

/**
 * What two parts have in common: rows that are equal in user, item, time and label (`rows-in-two-parts`, or
 * `validation-is-test` where these are all), and test rows whose pair has a train row of another time or label
 * (`pairs-in-two-parts`).
 */
export function overlaps(context: AuditContext): Detection[] {
  const asOne = validationIsTest(context);
  return [...asOne, ...equalRows(context, asOne.length > 0), ...equalPairs(context)];
}

function validationIsTest(context: AuditContext): Detection[] {
  const { validation, test } = context.data.split;
  const isOne =
    test.length > 0 &&
    test.every((row) => equalParts(context, row) & VALIDATION) &&
    validation.every((row) => equalParts(context, row) & TEST);
  if (!isOne) return [];
  return [
    {
      code: 'validation-is-test',
      severity: 'leak',
      count: test.length,
      of: test.length,
      unit: 'rows',
      example: test[0],
      other: partner(context, test[0]!, VALIDATION),
    },
  ];
}

/** Rows of an evaluated part that are equal to one of a part before. */
function equalRows(context: AuditContext, asOne: boolean): Detection[] {
  const { parts } = context;
  const { validation, test } = context.data.split;
  const before = (own: number): number => {
    if (own & TEST) return asOne ? TRAIN : TRAIN | VALIDATION;
    return own & VALIDATION ? TRAIN : 0;
  };
  const tally = new Tally();
  for (let row = 0; row < parts.length; row++) {
    const within = before(parts[row]!);
    if (!(equalParts(context, row) & within)) continue;
    tally.add(parts[row]!, row, tally.example === undefined ? partner(context, row, within) : undefined);
  }
  return tally.found({
    code: 'rows-in-two-parts',
    // What validation shares with train flatters the choice of the epoch, but no number that is reported.
    severity: tally.parts.test ? 'leak' : 'warning',
    of: validation.length + test.length,
    unit: 'rows',
  });
}

function equalPairs(context: AuditContext): Detection[] {
  const { data, parts, bitsOfPair } = context;
  const tally = new Tally();
  for (const row of data.split.test) {
    if (!(partsOfAny(bitsOfPair[row]!) & TRAIN) || equalParts(context, row) & TRAIN) continue;
    const other =
      tally.example === undefined ? findOfPair(data, row, (r) => (parts[r]! & TRAIN) > 0) : undefined;
    tally.add(TEST, row, other);
  }
  const of = data.split.test.length;
  return tally.found({ code: 'pairs-in-two-parts', severity: 'warning', of, unit: 'rows' });
}

/** Bits of the parts in which rows lie that equal a row, itself among them. */
function equalParts({ data, bitsAtOnce }: AuditContext, row: number): number {
  return partsOfLabel(bitsAtOnce[row]!, data.label[row]!);
}

/** A row that equals a row and lies in one of some parts. */
function partner({ data, parts }: AuditContext, row: number, within: number): number | undefined {
  const { time } = data.store.interactions;
  return findOfPair(
    data,
    row,
    (r) => time[r] === time[row] && data.label[r] === data.label[row] && (parts[r]! & within) > 0,
  );
}
