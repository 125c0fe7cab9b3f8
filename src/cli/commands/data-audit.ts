import type { Command } from '../command.js';
import { experimentArguments, experimentOptions, experimentPositional } from '../experiment.js';

export const dataAudit: Command = {
  usage: 'data audit <experiment..>',
  about:
    'Look for leaks in the data of an experiment, its split, histories and features; exit code 3 for a leak',
  positionals: experimentPositional,
  options: {
    ...experimentOptions,
    accept: {
      type: 'string',
      requiresArg: true,
      describe: 'Findings that are known, separated by commas: shown, but no reason for exit code 3',
    },
  },
  examples: [
    ['mvrec data audit experiments/quickstart.yaml', 'What stands before every run in one line, in full'],
    [
      'mvrec data audit experiments/quickstart.yaml --preset released --accept target-in-history,history-after-impression',
      'In a script: only leaks that are not known end with exit code 3',
    ],
    ['mvrec data audit experiments/quickstart.yaml --json', 'The same for programs'],
  ],
  async run(args) {
    const { findingsToAccept, auditText } = await import('../audit.js');
    const accepted = findingsToAccept(args.accept as string | undefined);
    const { experiment } = await experimentArguments(args);
    const [
      { auditExperiment, openData, openLists },
      { loadSettings },
      { createReporter },
      { interruptSignal },
    ] = await Promise.all([
      import('../../training/index.js'),
      import('../../config/index.js'),
      import('../reporter.js'),
      import('../interrupt.js'),
    ]);
    const settings = await loadSettings();
    const reporter = createReporter(args);
    const { signal, release } = interruptSignal(reporter);
    try {
      const surroundings = { settings, reporter, signal };
      const data = await openData(experiment, surroundings);
      const candidates = await openLists(experiment.evaluate.candidates, data, surroundings);
      reporter.end();
      const began = performance.now();
      const audit = await auditExperiment(experiment, data, settings, candidates);
      const seconds = (performance.now() - began) / 1000;
      const { name, fingerprint, interactions } = data.store;
      const about = {
        experiment: experiment.name,
        data: { name, fingerprint },
        rows: interactions.rows,
        seconds,
      };
      const open = audit.findings.some(
        ({ code, severity }) => severity === 'leak' && !accepted.includes(code),
      );
      return {
        json: { ...about, accepted, ...audit },
        text: auditText(about, audit, accepted),
        exitCode: open ? 3 : 0,
      };
    } finally {
      reporter.end();
      release();
    }
  },
};
