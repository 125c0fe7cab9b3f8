import type { RecommendSummary } from '../evaluation/index.js';
import { type FittedModel, isTrainable, type Model, usesOf } from '../models/index.js';
import type { Served } from './recommendRun.js';

/** What a reader of recommendations must know of how they were made. */
export function notesOf(served: Served, model: Model | FittedModel, summary: RecommendSummary): string[] {
  return [
    momentNote(served, model),
    ...coldItemsNote(served),
    ...usersNote(served, model),
    ...fileNotes(served, summary),
  ];
}

const counted = (n: number, thing: string): string =>
  `${n.toLocaleString('en')} ${thing}${n === 1 ? '' : 's'}`;

function momentNote({ request, experiment, data }: Served, model: Model | FittedModel): string {
  const { label, history = label } = experiment.data;
  const upTo = request.at === 'end' ? 'the end of the log' : 'the end of the train part';
  const reads = isTrainable(model) && model.histories.length > 0;
  const published = data.histories('positive').windowStart !== undefined;
  const histories = published
    ? `histories (${history}) are those of each user's last row up to ${upTo}`
    : `histories hold each user's positive rows (${history}) up to ${upTo}`;
  const seen = request.keepSeen
    ? 'items that a user has seen are kept'
    : `items of a user's positive rows (${label}) up to ${upTo} are left out`;
  return reads ? `${histories}; ${seen}` : seen;
}

function coldItemsNote({ experiment, data, items }: Served): string[] {
  const cold = items.filter((item) => data.warmItems[item] === 0).length;
  if (cold === 0) return [];
  const content = usesOf(experiment.model).items.filter((name) => name !== 'id');
  const which = `${counted(cold, 'candidate')} without a train row`;
  if (content.length > 0) return [`${which}: scored by ${content.join(', ')}`];
  const { name } = experiment.model;
  return [`${which}: ${name} reads no content of items, so a user gives all of them the same score`];
}

function usersNote({ data, serving, users }: Served, model: Model | FittedModel): string[] {
  if (!isTrainable(model)) return [];
  const among = (is: (user: number) => boolean): number => users.numbers.filter(is).length;
  if (model.histories.length === 0) {
    const warm = new Uint8Array(data.store.userIds.length);
    for (const row of data.split.train) warm[data.store.interactions.user[row]!] = 1;
    const cold = among((user) => warm[user] === 0);
    return cold === 0 ? [] : [`${counted(cold, 'user')} without a train row: all have the same scores`];
  }
  const isEmpty = model.histories.map(({ events = 'positive' }) => {
    const { offsets, causalEnd, windowStart } = serving.data.histories(events);
    return (user: number) => causalEnd[user] === (windowStart ?? offsets)[user];
  });
  const without = among((user) => isEmpty.every((is) => is(user)));
  return without === 0 ? [] : [`${counted(without, 'user')} without a history`];
}

function fileNotes(
  { request, users, candidates, unaskedPairs }: Served,
  { shortUsers, emptyUsers, seenPairs }: RecommendSummary,
): string[] {
  const repeated = (path: string | null, count: number): string[] =>
    count > 0 ? [`${path} repeats ${counted(count, 'row')}, each counted once`] : [];
  return [
    ...repeated(request.users, users.repeated),
    ...repeated(request.candidates, candidates?.repeated ?? 0),
    ...(unaskedPairs > 0
      ? [
          `${counted(unaskedPairs, 'pair')} of ${request.candidates} left out: the user is not in ${request.users}`,
        ]
      : []),
    ...(seenPairs > 0
      ? [
          `${counted(seenPairs, 'pair')} of ${request.candidates} left out: the user has seen the item (--seen keeps them)`,
        ]
      : []),
    ...(shortUsers > 0 ? [`${counted(shortUsers, 'user')} with fewer than ${request.top} candidates`] : []),
    ...(emptyUsers > 0 ? [`${counted(emptyUsers, 'user')} without a candidate, hence without a row`] : []),
  ];
}
