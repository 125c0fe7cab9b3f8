import type { Command } from '../command.js';

export const dataCards: Command = {
  usage: 'data cards',
  about: 'List the data sets whose files mvrec knows how to read as they are downloaded',
  examples: [
    ['mvrec data cards', 'Name, licence and source; import one with: mvrec data import NAME --from FOLDER'],
    ['mvrec data cards --json', 'The same for programs'],
  ],
  async run() {
    const [{ readBundledCards }, { formatTable, textWidth }] = await Promise.all([
      import('../../data/index.js'),
      import('../output.js'),
    ]);
    const cards = (await readBundledCards()).map(({ name, path, card }) => {
      const { title, licence = null, source = null, citation = null } = card;
      return { name, title, licence, source, citation, path };
    });
    const licence = 28;
    const others = [cards.map(({ name }) => name), cards.map(({ source }) => source ?? '')].map(longest);
    const width = Math.max(24, textWidth() - licence - others.reduce((sum, one) => sum + one, 0));
    const text = formatTable(
      [
        { title: 'name' },
        { title: 'what', width },
        { title: 'licence', width: licence },
        { title: 'source' },
      ],
      cards.map((card) => [card.name, card.title, card.licence ?? 'none stated', card.source ?? '']),
    );
    return { json: { cards }, text };
  },
};

/** Width of a column of texts, within reason. */
function longest(texts: readonly string[]): number {
  return Math.min(50, Math.max(8, ...texts.map(({ length }) => length)) + 2);
}
