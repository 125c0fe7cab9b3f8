import type { Command } from '../command.js';

export const report: Command = {
  usage: 'report [what..]',
  about: 'Tables, charts and claims of sweeps and runs, as a page, for a paper, or live',
  positionals: {
    what: {
      type: 'string',
      array: true,
      describe:
        'Sweep (its name, folder or file), run, or the name that runs share; with --serve default: all',
    },
  },
  options: {
    format: {
      choices: ['html', 'md', 'latex', 'csv'],
      describe: 'What to write; default: after the ending of --out, else text for the terminal',
    },
    out: { type: 'string', requiresArg: true, describe: 'File to write; default: print' },
    force: { type: 'boolean', default: false, describe: 'Replace a file that is there' },
    taps: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'File of mvrec forward --tap: attention and routing as heat maps; may be repeated',
    },
    on: {
      type: 'string',
      requiresArg: true,
      describe: 'Of a sweep file: the data, by their name in the section on',
    },
    set: { type: 'string', array: true, describe: 'Of a sweep file: options it was run with: path=value' },
    engine: { type: 'string', requiresArg: true, describe: 'Of a sweep file: the engine it was run with' },
    name: { type: 'string', requiresArg: true, describe: 'Of a sweep file: the name it was run with' },
    serve: {
      type: 'boolean',
      default: false,
      describe: 'Show reports in a browser, loaded anew while runs are going; Ctrl-C ends it',
    },
    host: {
      type: 'string',
      requiresArg: true,
      describe: 'With --serve: address to listen at; default: 127.0.0.1',
    },
    port: { type: 'number', describe: 'With --serve: port; 0: any that is free; default: 7878' },
  },
  examples: [
    ['mvrec report experiments/sweep.yaml', 'in the terminal, what is missing too'],
    ['mvrec report sweep-example --out report.html', 'one page with charts, that needs no network'],
    ['mvrec report sweep-example --format latex --out table.tex', 'tables for a paper (booktabs)'],
    [
      'mvrec report quickstart/latest --taps taps.safetensors --out run.html',
      'a run, with heat maps of attention',
    ],
    ['mvrec report --serve', 'all sweeps and runs, while they go'],
  ],
  async run(args) {
    const { makeReport, serveReport } = await import('../report.js');
    const request = {
      what: (args.what as string[] | undefined) ?? [],
      format: args.format as 'html' | undefined,
      out: args.out as string | undefined,
      force: args.force === true,
      taps: (args.taps as string[] | undefined) ?? [],
      file: {
        on: args.on as string | undefined,
        set: args.set as string[] | undefined,
        engine: args.engine as string | undefined,
        name: args.name as string | undefined,
      },
      host: args.host as string | undefined,
      port: args.port as number | undefined,
    };
    return args.serve === true ? serveReport(request) : makeReport(request);
  },
};
