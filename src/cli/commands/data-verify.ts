import type { Command } from '../command.js';

export const dataVerify: Command = {
  usage: 'data verify <dataset>',
  about: 'Check every byte of a data set that was imported or simulated',
  positionals: {
    dataset: { type: 'string', describe: 'Name given at import, or a store folder' },
  },
  examples: [
    ['mvrec data verify mine', 'Also the large vector files, which runs check by size and time only'],
  ],
  async run({ dataset }) {
    const [{ loadSettings }, { findStore, storeNames, verifyStore }] = await Promise.all([
      import('../../config/index.js'),
      import('../../data/index.js'),
    ]);
    const { dataDir } = await loadSettings();
    const folder = findStore(dataset as string, await storeNames(dataDir), dataDir);
    const { files, bytes } = await verifyStore(folder);
    const size = (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 });
    return { json: { folder, files, bytes }, text: `${folder} is whole: ${files} files, ${size} MB` };
  },
};
