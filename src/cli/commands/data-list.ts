import type { Command } from '../command.js';

export const dataList: Command = {
  usage: 'data list',
  about: 'List the data sets that are here: imported, simulated, or made on demand for a run',
  examples: [
    ['mvrec data list', 'Name, rows and size of every data set'],
    ['mvrec data list --json', 'The same for programs'],
  ],
  async run() {
    const [{ loadSettings }, { dataListText, listData }] = await Promise.all([
      import('../../config/index.js'),
      import('../data-list.js'),
    ]);
    const { dataDir } = await loadSettings();
    const found = await listData(dataDir);
    return { json: { dataDir, ...found }, text: dataListText(dataDir, found) };
  },
};
