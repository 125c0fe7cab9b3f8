import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { hostile, sweepFolder } from '../reports/fixture.js';
import { programInFolder } from '../support/program.js';

const { folder, run } = programInFolder();

beforeAll(async () => {
  await sweepFolder(join(folder, 'results'), 'depth-0123abcd', ['NCF', 'BPR', hostile.formula]);
});

const squeezed = (text: string): string[] => text.split('\n').map((line) => line.replace(/ +/g, ' ').trim());

describe('mvrec report', () => {
  it('prints tables, marks and sparklines', async () => {
    const { exitCode, stdout } = await run('report', 'depth');
    expect(exitCode).toBe(0);
    const lines = squeezed(stdout);
    expect(lines.slice(0, 3)).toEqual([
      'A sweep of NCF; BPR',
      'Note: simulated (world quickstart)',
      'Note: 2 of 6 runs have no result: 2 waiting.',
    ]);
    // Means of 0.71 and 0.72, and of 0.66 and 0.67: sd 0.01 / sqrt(2).
    expect(lines).toContain('NCF 0.7150 ± 0.0071¹ 0.75 −0.0350 0.6650 ± 0.0071¹ 2');
    // 0.05 less with either seed.
    expect(lines).toContain('BPR 0.6650 ± 0.0071²† 0.6150 ± 0.0071²† 2');
    expect(lines).toContain('random 0.5000 -');
    expect(lines).toContain('NCF █▆▁ 0.6000 0.2000 3');
    expect(lines).toContain('¹ best, ² second best.');
    expect(stdout).toContain('NCF is better than BPR');
  });

  it('gives a terminal no commands', async () => {
    const results = join(folder, 'others');
    await sweepFolder(results, 'rude-0123abcd', ['A', 'B\u001b[2J\u009b', 'C']);
    const { stdout } = await run('report', join(results, 'rude-0123abcd'));
    expect(stdout).toContain('B\ufffd[2J\ufffd');
    for (const character of ['\u001b', '\u009b']) expect(stdout).not.toContain(character);
  });

  it('prints what it is, whole, for programs', async () => {
    const { stdout } = await run('report', 'depth', '--json');
    const { reports } = JSON.parse(stdout) as { reports: { id: string; sections: { id: string }[] }[] };
    expect(reports.map(({ id }) => id)).toEqual(['depth-0123abcd']);
    expect(reports[0]!.sections.map(({ id }) => id)).toEqual([
      'results',
      'claims',
      'ablation',
      'depth',
      'curves',
      'breakdown',
      'cost',
      'missing',
      'provenance',
    ]);
  });

  it.each([
    ['md', '| NCF | **0.7150 ± 0.0071** | 0.75 | −0.0350 |'],
    ['latex', '\\textbf{0.7150 $\\pm$ 0.0071}'],
    ['csv', 'depth-0123abcd,paper,NCF,,,test,auc,,,0.75,'],
    ['html', '<strong>0.7150 ± 0.0071</strong>'],
  ])('prints %s', async (format, part) => {
    expect((await run('report', 'depth', '--format', format)).stdout).toContain(part);
  });

  it('takes the format from the ending, unless it is told', async () => {
    expect((await run('report', 'depth', '--out', 'a/table.tex')).exitCode).toBe(0);
    expect(readFileSync(join(folder, 'a', 'table.tex'), 'utf8')).toMatch(/^% \\usepackage\{booktabs\}/);
    expect((await run('report', 'depth', '--out', 'a/notes.txt', '--format', 'md')).exitCode).toBe(0);
    expect(readFileSync(join(folder, 'a', 'notes.txt'), 'utf8')).toMatch(/^# A sweep of NCF/);
    expect(readdirSync(join(folder, 'a')).sort()).toEqual(['notes.txt', 'table.tex']);
  });

  it('draws taps alone', async () => {
    writeFileSync(join(folder, 'taps.json'), '{"attention": {"shape": [2, 2], "values": [0, 1, 2, 3]}}');
    const { exitCode, stdout } = await run('report', '--taps', 'taps.json', '--format', 'html');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('<figcaption>attention</figcaption>');
  });
});

describe('bad input', () => {
  it.each([
    [['report'], /^mvrec report: name a sweep or a run\n/],
    [['report', 'dept'], /^there is no run or sweep dept in .*\n {2}Did you mean depth\?/],
    [['report', 'depth', '--format', 'pdf'], /--format cannot be pdf/],
    [['report', 'depth', '--out', 'report.doc'], /^reports are not written as report.doc\n/],
    [['report', 'depth', '--out', 'taken/report.md'], /taken is not a folder/],
    [['report', 'depth', '--taps', 'none.json'], /^there is no file none.json\n/],
    [
      ['report', 'depth', '--taps', 'taps.json', '--format', 'csv'],
      /^--taps: a report as csv has no heat maps\n/,
    ],
    [['report', 'depth', '--force'], /^--force stands alone\n/],
    [['report', '--taps', 'taps.json', '--on', 'small'], /^--on: no sweep file is named\n/],
    [['report', 'depth', '--port', '80'], /^--port stands alone\n/],
    [['report', 'depth', '--on', 'small'], /^--on: no sweep file is named\n/],
    [['report', '--serve', '--port', '70000'], /^--port is 70000\n/],
    [['report', '--serve', '--out', 'a.html'], /^--out and --serve go against each other\n/],
    [['report', '--serve', 'none'], /^there is no run or sweep none/],
    [['report', 'none.yaml'], /none.yaml/],
  ])('%j is told in a line, with exit code 2', async (words, problem) => {
    writeFileSync(join(folder, 'taken'), '');
    const { exitCode, stdout, stderr } = await run(...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(problem);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
    expect(existsSync(join(folder, 'report.doc'))).toBe(false);
  });
});
