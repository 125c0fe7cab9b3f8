import { UserErrors } from '../base/index.js';
import {
  check,
  type FileKind,
  jsonSchemaOf,
  type MapTree,
  mistake,
  type OptionTable,
  originAt,
  parseYamlMap,
  readYamlFile,
  type Shape,
  shapeOf,
  tablesOf,
  toValue,
} from '../schema/index.js';
import { brokenRules } from './cardRules.js';
import { type Card, cardSchema } from './cardSchema.js';

export * from './cardSchema.js';

const cardFile: FileKind = {
  name: 'a card',
  needs: 'A card needs name, title, files and interactions; start from the example in docs/data.md.',
};

/** Reads a card file. Throws a UserError (all mistakes at once, with lines) when it is not one. */
export async function readCard(path: string): Promise<{ card: Card; text: string }> {
  const { tree, text } = await readYamlFile(path, process.cwd(), cardFile);
  return { card: cardOfTree(tree), text };
}

/** @param path names the card in messages */
export function parseCard(text: string, path: string): Card {
  return cardOfTree(parseYamlMap(text, { file: path, folder: '' }, cardFile));
}

function cardOfTree(tree: MapTree): Card {
  const problems = check(shapeOfCard(), tree);
  if (problems.length > 0) throw new UserErrors(problems);
  const card = cardSchema.parse(toValue(tree));
  const broken = [...brokenRules(card)];
  if (broken.length === 0) return card;
  throw new UserErrors(broken.map(({ at, problem, fix }) => mistake(originAt(tree, at), problem, fix)));
}

let shape: Shape | undefined;

/** Made when first needed: most commands read no card. */
function shapeOfCard(): Shape {
  shape ??= shapeOf(cardSchema);
  return shape;
}

/** Tables of all keys of a card, for documentation. */
export function cardTables(): OptionTable[] {
  return tablesOf(shapeOfCard());
}

/** JSON Schema of a card, for editors. */
export function cardJsonSchema(): object {
  return jsonSchemaOf(cardSchema, 'mvrec data set card');
}
