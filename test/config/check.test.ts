import { describe, expect, it } from '@jest/globals';
import { UserError, UserErrors } from '../../src/base/index.js';
import { load, smallest } from './write.js';

/** Text of a.yaml, and what is said about it: every problem's place and a part of its message. Counted by hand. */
const mistakes: [name: string, text: string, problems: [place: string, part: string][]][] = [
  ['an empty file', '', [['', 'the file is empty']]],
  ['only comments', '# nothing\n', [['', 'the file is empty']]],
  ['a list', '- data\n- model\n', [['1:1', 'expected a map of options (key: value), found a list']]],
  ['a single word', 'thacil\n', [['1:1', 'found a single value']]],
  ['binary', 'data: \u0000\u0001', [['', 'not a text file']]],
  ['a tab', 'data:\n\tsource: 1\n', [['2:1', 'a tab indents this line']]],
  ['an open bracket', 'data: [1,\nmodel: 2\n', [['2:1', 'not valid YAML']]],
  ['an open quote', 'data: "x', [['1:9', 'not valid YAML: missing closing "quote']]],
  ['a map on one line', 'data: source: 1\n', [['1:7', 'not valid YAML: nested mappings']]],
  ['a second document', `${smallest}---\nseed: 2\n`, [['5:1', 'a second document begins here']]],
  ['an unknown tag', 'data: !!python/object x\n', [['1:7', 'unresolved tag']]],
  ['an alias of nothing', 'data: *base\n', [['1:7', '*base refers to nothing']]],
  ['a merge key', 'x: &x { a: 1 }\n<<: *x\n', [['2:1', 'merge keys (<<) are not read']]],
  ['a list as a key', '? [a, b]\n: c\n', [['1:3', 'a key must be text']]],
  ['an empty key', ': c\n', [['1:1', 'a key must be text']]],
  ['a duplicate key', `${smallest}seed: 1\nseed: 2\n`, [['6:1', 'this key is given twice']]],
  [
    'nothing of what is needed',
    'seed: 1\n',
    [
      ['1:1', 'data.source is missing'],
      ['1:1', 'model is missing'],
    ],
  ],
  ['an unknown key', `${smallest}sed: 3\n`, [['5:1', 'unknown key sed\n  Did you mean seed?']]],
  [
    'a key of another section',
    `${smallest}epochs: 3\n`,
    [['5:1', 'unknown key epochs\n  Did you mean train.epochs?']],
  ],
  [
    'a negative seed',
    `${smallest}seed: -3\n`,
    [['5:7', 'seed is -3\n  Expected a whole number of at least 0']],
  ],
  ['an empty section', `${smallest}train:\n`, [['5:1', 'train is empty']]],
  ['a value for a section', `${smallest}train: 3\n`, [['5:8', 'train is 3\n  Expected a map of options']]],
  ['a list for a section', `${smallest}train: [1]\n`, [['5:8', 'train is [1]']]],
  [
    'wrong types',
    `${smallest}train:\n  epochs: many\n  batchSize: 1.5\n  patience: [1]\n  clipNorm: -1\n`,
    [
      ['6:11', 'train.epochs is the text "many"\n  Expected a whole number of at least 1.'],
      ['7:14', 'train.batchSize is 1.5\n  Expected a whole number of at least 1.'],
      ['8:13', 'train.patience is [1]\n  Expected a whole number of at least 1 or null.'],
      ['9:13', 'train.clipNorm is -1\n  Expected a number greater than 0 or null.'],
    ],
  ],
  [
    'numbers that are none',
    `${smallest}train:\n  optimizer: { learningRate: .nan, epsilon: .inf, beta1: 1 }\n`,
    [
      ['6:30', 'train.optimizer.learningRate is NaN'],
      ['6:45', 'train.optimizer.epsilon is Infinity'],
      ['6:58', 'train.optimizer.beta1 is 1\n  Expected a number of at least 0 and less than 1.'],
    ],
  ],
  [
    'slips in a filter',
    'data:\n  source: { world: quickstart }\n  filter: { minUserRow: 5, kCore: 0, usersWithAll: is_like }\nmodel: { name: bpr }\n',
    [
      ['3:13', 'unknown key data.filter.minUserRow\n  Did you mean minUserRows?'],
      ['3:35', 'data.filter.kCore is 0\n  Expected a whole number of at least 1.'],
      [
        '3:52',
        'data.filter.usersWithAll is the text "is_like"\n  Expected a list with at least 1 (text each).',
      ],
    ],
  ],
  [
    'an option of another split, and a cut that is none',
    'data:\n  source: { world: quickstart }\n  split: { kind: published, train: 0.8, cut: item }\nmodel: { name: bpr }\n',
    [
      ['3:29', 'data.split.train belongs to time, itemColdStart, random, not to published\n  Remove it.'],
      [
        '3:46',
        'data.split.cut is the text "item"\n  Did you mean items? Expected one of user, global, items.',
      ],
    ],
  ],
  [
    'an unknown choice',
    `${smallest}engine: { name: tensorflw }\n`,
    [['5:17', 'engine.name is the text "tensorflw"\n  Did you mean tensorflow? Expected one of auto,']],
  ],
  [
    'yes for true',
    `${smallest}  categoryLevel: yes\n`,
    [['5:18', 'model.categoryLevel is the text "yes"\n  Expected true or false.']],
  ],
  [
    'an unknown model',
    'data:\n  source: { world: quickstart }\nmodel: { name: tacil }\n',
    [['3:16', 'model.name is the text "tacil", which is unknown\n  Did you mean thacil? Known: thacil, ']],
  ],
  [
    'a model without a name',
    'data:\n  source: { world: quickstart }\nmodel: { heads: 2 }\n',
    [['3:8', 'model.name is missing\n  Expected one of thacil, ']],
  ],
  [
    'an option of another model',
    'data:\n  source: { world: quickstart }\nmodel: { name: bpr, blockSize: 2 }\n',
    [['3:21', 'model.blockSize belongs to thacil, not to bpr']],
  ],
  ['no source', 'data: {}\nmodel: { name: bpr }\n', [['1:7', 'data.source is missing']]],
  [
    'an empty source',
    'data: { source: {} }\nmodel: { name: bpr }\n',
    [['1:17', 'data.source needs one of world, card, store']],
  ],
  [
    'a misspelt source',
    'data: { source: { wrld: quickstart } }\nmodel: { name: bpr }\n',
    [
      ['1:19', 'unknown key data.source.wrld\n  Did you mean world?'],
      ['1:17', 'data.source needs one of world, card, store'],
    ],
  ],
  [
    'two sources',
    'data: { source: { world: quickstart, store: x } }\nmodel: { name: bpr }\n',
    [['1:38', 'data.source has both world and store']],
  ],
  [
    'half a source',
    'data: { source: { card: x.yaml } }\nmodel: { name: bpr }\n',
    [['1:17', 'data.source.from is missing']],
  ],
  [
    'an empty list',
    `${smallest}evaluate: { metrics: [] }\n`,
    [['5:22', 'evaluate.metrics is an empty list']],
  ],
  ['no list', `${smallest}evaluate: { metrics: auc }\n`, [['5:22', 'evaluate.metrics is the text "auc"']]],
  [
    'a list with a number',
    `${smallest}evaluate: { metrics: [auc, 3] }\n`,
    [['5:28', 'evaluate.metrics[1] is 3\n  Expected text.']],
  ],
  [
    'a block size that does not fit',
    `${smallest}  historyLength: 50\n  blockSize: 20\n`,
    [['6:14', 'model.blockSize is 20, which does not divide historyLength, 50\n  Use 10, for example.']],
  ],
  [
    'a history that does not fit the default block size',
    `${smallest}  historyLength: 50\n`,
    [['4:3', 'model.blockSize is 20, which does not divide historyLength, 50\n  Use 10, for example.']],
  ],
  [
    'heads that do not fit',
    `${smallest}  heads: 7\n`,
    [['5:10', 'model.heads is 7, which does not divide visualSize + categorySize, 64 + 64 = 128\n  Use 4,']],
  ],
  [
    'a list that breaks a rule of its own',
    'data:\n  source: { world: quickstart }\nmodel: { name: ncf, layers: [7, 3] }\n',
    [['3:29', 'model.layers is [7, 3]\n  The first width must be even']],
  ],
  [
    'a list of the wrong length',
    'data:\n  source: { world: quickstart }\nmodel: { name: alpine, alphas: [0.5, 0.5] }\n',
    [['3:32', 'model.alphas is [0.5, 0.5]\n  Expected a list of 3']],
  ],
  [
    'a long list',
    `data:\n  source: { world: quickstart }\nmodel: { name: alpine, alphas: [${Array(40).fill(1).join()}] }\n`,
    [['3:32', 'model.alphas is a list of 40\n  Expected a list of 3']],
  ],
  ['an unknown preset', `presets: [paper, relesed]\n${smallest}`, [['1:18', 'thacil has no preset relesed']]],
  ['a key that tries to be clever', `${smallest}__proto__: { x: 1 }\n`, [['5:1', 'unknown key __proto__']]],
];

async function problemsOf(text: string): Promise<readonly UserError[]> {
  try {
    await load({ 'a.yaml': text });
  } catch (error) {
    if (error instanceof UserErrors) return error.all;
    if (error instanceof UserError) return [error];
    throw error;
  }
  return [];
}

describe('mistakes in an experiment file', () => {
  it.each(mistakes)('%s', async (_, text, expected) => {
    const problems = await problemsOf(text);
    expect(problems.map(({ message }) => message)).toHaveLength(expected.length);
    expected.forEach(([place, part], i) => {
      expect(problems[i]!.message).toContain(part);
      expect(problems[i]!.message.startsWith(place === '' ? 'a.yaml: ' : `a.yaml:${place}: `)).toBe(true);
    });
  });

  it('shows ten of many', async () => {
    const keys = Array.from({ length: 14 }, (_, i) => `wrong${i}: 1\n`).join('');
    await expect(load({ 'a.yaml': smallest + keys })).rejects.toThrow(/wrong9[\s\S]*\.\.\. and 4 more$/);
  });

  it('refuses aliases that expand to very much', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => {
      const one = i === 0 ? 'x' : `*l${i - 1}`;
      return `l${i}: &l${i} [${Array(9).fill(one).join(', ')}]\n`;
    });
    await expect(load({ 'a.yaml': levels.join('') })).rejects.toThrow('expands to more than 10000 values');
  });

  it('refuses an alias inside of what it names', async () => {
    await expect(load({ 'a.yaml': 'a: &a [*a]\n' })).rejects.toThrow(
      /a\.yaml:1:\d+: nested more than 50 deep/,
    );
  });

  it.each([[5_000], [100_000]])('refuses %d open brackets', async (depth) => {
    await expect(load({ 'a.yaml': `data: ${'['.repeat(depth)}` })).rejects.toBeInstanceOf(UserError);
  });

  it('takes anchors and aliases', async () => {
    const text = `${smallest}  visual: &names [cover]\n  category: *names\n`;
    expect((await load({ 'a.yaml': text })).experiment.model).toMatchObject({ category: ['cover'] });
  });

  it('gives the caller the place of any value for checks of its own', async () => {
    const { mistake, place } = await load({ 'a.yaml': `${smallest}evaluate:\n  metrics: [auc, guac]\n` });
    const error = mistake({ path: 'evaluate.metrics.1', problem: 'unknown metric guac', fix: 'Use gauc.' });
    expect(error.message).toBe('a.yaml:6:18: unknown metric guac\n  Use gauc.');
    expect(place('train.epochs')).toEqual({ file: 'a.yaml', line: 1, column: 1 });
    expect(place('model.heads')).toEqual({ file: 'a.yaml', line: 4, column: 3 });
  });
});

describe('files that cannot be read', () => {
  it('names near files for one that is not there', async () => {
    const files = { 'quickstart.yaml': smallest };
    await expect(load(files, { files: ['quikstart.yaml'] })).rejects.toThrow(
      'there is no file quikstart.yaml\n  Did you mean quickstart.yaml?',
    );
    await expect(load(files, { files: ['other.yaml'] })).rejects.toThrow('Files there: quickstart.yaml.');
    await expect(load(files, { files: ['quickstart.yaml/x'] })).rejects.toThrow('there is no file');
  });

  it('lists the files of a folder that stands in place of a file', async () => {
    const files = { 'in/a.yaml': smallest, 'in/b.yaml': smallest };
    await expect(load(files, { files: ['in'] })).rejects.toThrow(
      'in is a folder, not an experiment file\n  It holds in/a.yaml, in/b.yaml.',
    );
  });

  it('refuses a file of megabytes', async () => {
    const text = `# ${'x'.repeat(1_000_001)}\n`;
    await expect(load({ 'a.yaml': text })).rejects.toThrow('larger than 1000000 bytes');
  });

  it('needs a file', async () => {
    await expect(load({}, { files: [] })).rejects.toThrow('no experiment file is given');
  });
});
