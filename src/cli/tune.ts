import { shellWord } from '../base/index.js';
import { type Trial, type TuneResult, valueText } from '../sweeps/index.js';
import { counted, formatTable, metricText } from './output.js';

/** Lines of the table; the rest stands in trials.json. */
const mostRows = 30;

/** What a search ends with: its trials, best first, what went wrong, and how to go on. */
export function tuneText({ study, directory, metric, goal, trials, best, bestFile }: TuneResult): string {
  const paths = Object.keys(best.assignment);
  const right = (title: string) => ({ title, align: 'right' as const });
  const shown = trials.slice(0, mostRows);
  const table = formatTable(
    [right('trial'), { title: 'state' }, ...[metric, 'epochs', 'seconds'].map(right), ...paths.map(right)],
    shown.map(({ number, state, value, epochs, seconds, assignment }) => [
      String(number),
      state,
      metricText(value),
      String(epochs),
      seconds.toFixed(1),
      ...paths.map((path) => valueText(assignment[path])),
    ]),
  );
  const lost = trials.filter(({ state }) => state === 'diverged' || state === 'failed');
  return [
    table,
    ...(trials.length > shown.length ? [`and ${counted(trials.length - shown.length, 'more trial')}`] : []),
    ...lost.map(lostText),
    `${metric} is on validation (${goal} is better); test was not looked at.`,
    `Study ${study}`,
    `  ${directory}`,
    `The best, trained and tested:`,
    `  mvrec train ${shellWord(bestFile)}`,
  ].join('\n');
}

const lostText = ({ number, state, reason }: Trial): string => `trial ${number} ${state}: ${reason}`;
