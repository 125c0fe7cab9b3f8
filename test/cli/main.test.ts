import { describe, expect, it, jest } from '@jest/globals';
import { InterruptedError, UserError, UserErrors } from '../../src/base/index.js';
import { commands } from '../../src/cli/commands/index.js';
import { runCommandLine } from '../../src/cli/main.js';
import { modelInfo } from '../../src/config/index.js';

/** What the command line leads to when `mvrec models` ends like this. */
async function whenModels(end: () => Promise<never>, ...options: string[]) {
  const models = commands.find(({ usage }) => usage.startsWith('models'))!;
  const run = jest.spyOn(models, 'run').mockImplementation(end);
  try {
    return await runCommandLine(['models', ...options]);
  } finally {
    run.mockRestore();
  }
}
const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};

describe('the end of a command', () => {
  const mistake = new UserError('no such thing', 'Look elsewhere.', { file: 'a.yaml', line: 3, column: 4 });

  it('2 for a mistake, without a stack', async () => {
    const outcome = await whenModels(failing(mistake));
    expect(outcome).toEqual({
      stdout: '',
      stderr: 'a.yaml:3:4: no such thing\n  Look elsewhere.\n',
      exitCode: 2,
    });
  });

  it('2 with one JSON object on stdout and nothing else', async () => {
    const outcome = await whenModels(failing(mistake), '--json');
    expect(JSON.parse(outcome.stdout)).toEqual({
      error: { message: 'no such thing', fix: 'Look elsewhere.', file: 'a.yaml', line: 3, column: 4 },
      exitCode: 2,
    });
    expect(outcome.stderr).toBe('');
  });

  it("keeps control characters of the user's files from the terminal", async () => {
    const { stderr } = await whenModels(
      failing(new UserError('no column \u001b[31mred\u0007', 'Look\nhere.')),
    );
    expect(stderr).toBe('no column \ufffd[31mred\ufffd\n  Look\nhere.\n');
  });

  it('lists several mistakes', async () => {
    const both = new UserErrors([mistake, new UserError('another')]);
    expect((await whenModels(failing(both))).stderr).toMatch(/no such thing[\s\S]*\nanother\n$/);
    expect(JSON.parse((await whenModels(failing(both), '--json')).stdout).error).toMatchObject({
      message: 'no such thing',
      line: 3,
      problems: [{ message: 'no such thing' }, { message: 'another' }],
    });
  });

  it('130 when interrupted, with the command that goes on', async () => {
    const interrupted = new InterruptedError('mvrec train --resume x');
    expect(await whenModels(failing(interrupted))).toEqual({
      stdout: '',
      stderr: 'interrupted; continue with\n  mvrec train --resume x\n',
      exitCode: 130,
    });
    expect(JSON.parse((await whenModels(failing(interrupted), '--json')).stdout)).toEqual({
      error: { message: 'interrupted', fix: 'mvrec train --resume x' },
      exitCode: 130,
    });
  });

  it.each([[new TypeError('x is not a function')], ['a text that was thrown']])(
    '1 for anything else, with its stack and how to report it: %p',
    async (thrown) => {
      const outcome = await whenModels(failing(thrown));
      expect(outcome.exitCode).toBe(1);
      expect(outcome.stderr).toContain('This is a bug in mvrec. Please report it');
      if (thrown instanceof Error) expect(outcome.stderr).toMatch(/TypeError: x is not a function\n\s+at /);
      const json = await whenModels(failing(thrown), '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({ error: {}, exitCode: 1 });
    },
  );
});

describe('mvrec models', () => {
  it('lists all models', async () => {
    const { models } = JSON.parse((await runCommandLine(['models', '--json'])).stdout);
    expect(models.map(({ name }: { name: string }) => name)).toEqual(Object.keys(modelInfo));
    expect((await runCommandLine(['models'])).stdout).toMatch(
      /^name\s+model\s+paper\s+kind\s+reads\s+in tables\nthacil /,
    );
  });

  it('lists papers with their years, in lines of 120 characters', async () => {
    const { columns } = process.stdout;
    process.stdout.columns = 120;
    const { stdout } = await runCommandLine(['models']);
    process.stdout.columns = columns;
    const lines = stdout.split('\n');
    expect(lines.filter(({ length }) => length > 120)).toEqual([]);
    // The cells of the column, joined again.
    const [from, to] = ['paper', 'kind'].map((title) => lines[0]!.indexOf(title));
    const papers = new Map<string, string>();
    let name = '';
    for (const line of lines.slice(1)) {
      if (/^\S/.test(line)) name = /^\S+/.exec(line)![0];
      papers.set(name, `${papers.get(name) ?? ''} ${line.slice(from, to).trim()}`.trim());
    }
    expect(Object.fromEntries(papers)).toMatchObject({
      thacil: 'Chen et al., ACM Multimedia 2018',
      frame: 'SIGIR 2023', // its authors are not named
      wmf: 'Hu, Koren and Volinsky, ICDM 2008',
      lstm: 'Hochreiter and Schmidhuber, Neural Computation 1997',
      cnn: 'Kim, EMNLP 2014',
      gru4rec: 'Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, CIKM 2018',
      nfm: 'He and Chua, SIGIR 2017',
      popularity: '',
    });
  });

  // Rows as the papers print them; Video-Att is a variant of uvcan, THACIL's LSTM+Attention and ALPINE's CNN-R are presets.
  it.each([
    ['THACIL 2', ['atrank', 'bpr', 'lstm', 'ncf', 'thacil']],
    ['SCAA 1', ['alpine', 'atrank', 'ncf', 'scaa', 'thacil']],
    ['MTIN 2', ['alpine', 'atrank', 'bpr', 'cnn', 'lstm', 'mtin', 'ncf', 'thacil']],
    ['UVCAN 3', ['bpr', 'ncf', 'ucf', 'uvcan', 'widedeep', 'wmf']],
    ['FRAME 3', ['afn', 'alpine', 'autoint', 'deepfm', 'difm', 'frame', 'mtin', 'nfm']],
  ])('knows the rows of %s', async (table, rows) => {
    const { models } = JSON.parse((await runCommandLine(['models', '--json'])).stdout);
    const [paper, number] = table.split(' ');
    const isRow = ({ tables }: { tables: string[] }) =>
      tables.some(
        (one) =>
          one.startsWith(`${paper} `) &&
          one
            .slice(paper!.length)
            .split(',')
            .some((n) => n.trim() === number),
      );
    expect(
      models
        .filter(isRow)
        .map(({ name }: { name: string }) => name)
        .sort(),
    ).toEqual(rows);
  });

  it('shows the options of one with defaults and meanings', async () => {
    const { stdout } = await runCommandLine(['models', 'thacil']);
    expect(stdout).toMatch(/heads\s+a whole number of at least 1\s+8\s+h; must divide/);
    expect(stdout).toContain('released: ');
    const json = JSON.parse((await runCommandLine(['models', 'ncf', '--json'])).stdout);
    expect(json.options).toContainEqual(
      expect.objectContaining({ path: 'model.variant', type: 'one of NeuMF, GMF, MLP', fallback: 'NeuMF' }),
    );
    expect((await runCommandLine(['models', 'random'])).stdout).toContain('No options.');
  });

  it('leaves no option without a meaning', async () => {
    for (const model of Object.keys(modelInfo)) {
      const { options } = JSON.parse((await runCommandLine(['models', model, '--json'])).stdout);
      expect(options.filter(({ about }: { about: string }) => about === '')).toEqual([]);
    }
  });
});

describe('mvrec completion', () => {
  it('prints a script for the shell', async () => {
    expect((await runCommandLine(['completion', 'bash'])).stdout).toContain('complete -o default');
    expect((await runCommandLine(['completion', 'zsh'])).stdout).toContain('compdef');
    expect((await runCommandLine(['completion', 'fish'])).exitCode).toBe(2);
  });
});
