// The parts of .ci/run that are easier to say in JavaScript: node .ci/checks.mjs COMMAND ...; the commands are below.
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipLines } from '../test/support/skips.js';

const commands = {
  /** Prints `passed failed` of jest's result; adds its skips to the list. A file that did not run is a failure. */
  count(result, skips) {
    const jest = JSON.parse(readFileSync(result, 'utf8'));
    const tests = jest.testResults.map(({ assertionResults }) => ({ testResults: assertionResults }));
    for (const line of skipLines(tests)) appendFileSync(skips, `${line}\n`);
    process.stdout.write(`${jest.numPassedTests} ${jest.numFailedTests + jest.numRuntimeErrorTestSuites}\n`);
  },

  /** The newest run of an experiment is finished, better than chance and not better than the simulator allows. */
  quickstart(name) {
    const run = mvrec('runs', 'show', `${name}/latest`, '--json');
    const { metrics, floors } = run.evaluation;
    const { auc } = metrics.test;
    process.stdout.write(
      `${run.status} in ${run.seconds.toFixed(1)} s: test AUC ${auc.toFixed(4)}, ` +
        `random ${floors.random.auc.toFixed(4)}, popularity ${floors.popularity.auc.toFixed(4)}, ` +
        `oracle ${floors.oracle.auc.toFixed(4)}\n`,
    );
    require(run.status === 'finished', 'the run is finished');
    require(auc > floors.random.auc && auc > floors.popularity.auc, 'the model is better than the floors');
    require(auc < floors.oracle.auc, 'the model is not better than the simulator');
  },

  /**
   * The newest runs of two experiments reached the same. Log loss moves with every score; the others jump when two rows
   * that are nearly equal change places.
   */
  agree(...names) {
    const [one, other] = names.map(
      (name) => mvrec('runs', 'show', `${name}/latest`, '--json').evaluation.metrics,
    );
    for (const [part, metrics] of Object.entries(one)) {
      for (const [metric, value] of Object.entries(metrics)) {
        const found = other[part][metric];
        process.stdout.write(
          `${part} ${metric}: ${names[0]} ${value.toFixed(5)}, ${names[1]} ${found.toFixed(5)}\n`,
        );
        const tolerance = metric === 'logloss' ? 0.001 : 0.02;
        require(Math.abs(value - found) < tolerance, `${part} ${metric} is the same`);
      }
    }
  },

  /** In the folder of an installed package: it imports as a library, and its types check. */
  library(project) {
    writeFileSync(
      'library.mjs',
      "import * as m from 'mvrec';\nif (typeof m.loadExperiment !== 'function') throw new Error();\n",
    );
    execFileSync(process.execPath, ['library.mjs'], { stdio: 'inherit' });
    writeFileSync(
      'library.mts',
      "import { evaluateMetrics, type Experiment, experimentSchema } from 'mvrec';\n" +
        'export const parse = (value: unknown): Experiment => experimentSchema.parse(value);\n' +
        'const rows = { user: Int32Array.of(0, 0), label: Float32Array.of(0, 1), score: Float64Array.of(0.1, 0.9) };\n' +
        "export const auc: number = evaluateMetrics(['auc'], rows)['auc']!;\n" +
        '// @ts-expect-error an experiment has no such key: the types are not just `any`\n' +
        'export const wrong = (experiment: Experiment) => experiment.modle;\n',
    );
    const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    execFileSync(process.execPath, [tsc, ...flags, 'library.mts'], { stdio: 'inherit' });
  },

  /** Follows "Adding a model" of CONTRIBUTING.md in `folder`, a clone, and runs its commands. */
  tutorial(folder) {
    const text = readFileSync('CONTRIBUTING.md', 'utf8').split('## Adding a model')[1].split('\n## ')[0];
    const blocks = (language) =>
      [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block]) => block);
    const patch = join(folder, 'tutorial.patch');
    writeFileSync(patch, blocks('diff').join(''));
    execFileSync('git', ['apply', patch], { cwd: folder, stdio: 'inherit' });
    for (const block of blocks('ts')) {
      const [, file] = /^\/\/ (\S+)\n/.exec(block);
      writeFileSync(join(folder, file), block.slice(block.indexOf('\n') + 1));
    }
    for (const block of blocks('sh')) {
      execFileSync('bash', ['-euxc', block], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
    }
  },
};

function mvrec(...words) {
  return JSON.parse(execFileSync(process.execPath, ['bin/mvrec.js', ...words], { encoding: 'utf8' }));
}

function require(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

const [command, ...words] = process.argv.slice(2);
commands[command](...words);
