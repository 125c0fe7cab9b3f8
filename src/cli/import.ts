import { importInto, type OpenOptions, unchangedImport } from '../data/index.js';
import type { Output } from './command.js';
import { storeFolder } from './data.js';
import { guessJson, guessText } from './guess.js';
import { type ImportRequest, importCommand, importRequest } from './import-request.js';
import { describeStore, inspectionText } from './inspection.js';

/**
 * `data import`: finds or guesses the card, imports unless the very same import was made before, and describes what is there.
 *
 * @throws UserError for whatever is wrong with the card, the files or the name
 */
export async function importOnce(
  input: string,
  args: Readonly<Record<string, unknown>>,
  options: OpenOptions,
): Promise<Output> {
  const request = await importRequest(input, args, options);
  const { card, from, text } = request;
  if (args['dry-run']) return dryRun(request);
  const folder = storeFolder(options.dataDir, card.name);
  const before = args.force ? null : await unchangedImport(card, from, folder, text);
  const asked = { ...options, asFound: args['as-found'] === true, replace: args.replace === true };
  const { store, report } = before ?? (await importInto(card, from, folder, asked, text));
  const described = describeStore(store);
  const unchanged = before !== null;
  return {
    json: { ...cardJson(request), folder, unchanged, report, ...described },
    text: [
      ...introduction(request),
      ...(unchanged ? ['already imported, and nothing has changed since (--force imports again)'] : []),
      ...report,
      '',
      inspectionText(described),
      `Kept as ${card.name} in ${folder}`,
    ].join('\n'),
  };
}

function dryRun(request: ImportRequest): Output {
  const next = `Import it with: ${importCommand(request.written!, request.from)}`;
  return { json: cardJson(request), text: [...introduction(request), next].join('\n') };
}

function introduction({ guess, written, followed }: ImportRequest): string[] {
  return [
    ...(guess ? [guessText(guess), ''] : []),
    ...(written === undefined ? [] : [`wrote ${written}: correct there what is wrong`]),
    ...(followed === undefined ? [] : [`as ${followed} says, which is there already (--force guesses anew)`]),
  ];
}

function cardJson({ card, guess, written }: ImportRequest): Readonly<Record<string, unknown>> {
  return {
    ...(written !== undefined && { card, cardFile: written }),
    ...(guess && { guess: guessJson(guess) }),
  };
}
