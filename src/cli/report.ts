import { extname, resolve } from 'node:path';
import { UserError, writeFileAtomically } from '../base/index.js';
import { loadSettings } from '../config/index.js';
import {
  csvOf,
  gather,
  htmlOf,
  latexOf,
  type Material,
  markdownOf,
  type Report,
  refuseFileOptions,
  reportOf,
  serveReports,
  type TargetRequest,
  tapSection,
  targetsOf,
} from '../reports/index.js';
import type { Output } from './command.js';
import { interruptSignal } from './interrupt.js';
import { requireFree } from './output.js';
import { reportText } from './report-text.js';

type Format = 'html' | 'md' | 'latex' | 'csv';

export interface ReportRequest {
  readonly what: readonly string[];
  readonly format: Format | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
  readonly taps: readonly string[];
  /** With which data and options a sweep file was run. */
  readonly file: TargetRequest['file'];
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const endings: Readonly<Record<string, Format>> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'md',
  '.tex': 'latex',
  '.csv': 'csv',
};
const usualPort = 7878;

/** Writes a report to a file, or says it. */
export async function makeReport(request: ReportRequest): Promise<Output> {
  const { what, out, force, taps, file, host, port } = request;
  if (host !== undefined || port !== undefined) {
    throw new UserError(`--${host !== undefined ? 'host' : 'port'} stands alone`, 'It belongs to --serve.');
  }
  const format = formatOf(request);
  if (taps.length > 0 && format !== null && format !== 'html') {
    throw new UserError(
      `--taps: a report as ${format} has no heat maps`,
      'Write it as html, or leave --taps out.',
    );
  }
  if (force && out === undefined) {
    throw new UserError('--force stands alone', 'It belongs to --out.');
  }
  if (out !== undefined) requireFree(out, force, '--out');
  const sections = await Promise.all(taps.map(tapSection));
  const settings = await loadSettings();
  if (what.length === 0 && taps.length === 0) {
    throw new UserError(
      'mvrec report: name a sweep or a run',
      'See mvrec runs list; mvrec report --serve shows all.',
    );
  }
  if (what.length === 0) refuseFileOptions(file);
  const targets = what.length > 0 ? await targetsOf({ words: what, file }, settings) : [];
  const materials: Material[] = [];
  for (const target of targets) materials.push(await gather(target, settings));
  const reports = materials.map((material, i) => reportOf(material, i === 0 ? sections : []));
  if (materials.length === 0) {
    reports.push({ id: 'taps', title: 'Taps', subtitle: null, going: false, notes: [], sections });
  }
  const text = format === null ? reportText(reports) : await written(format, reports, materials);
  const json = { reports };
  if (out === undefined) return { json, text };
  await writeFileAtomically(resolve(out), text);
  return { json: { ...json, out }, text: `Report written to ${out}` };
}

/** Shows reports until it is stopped. */
export async function serveReport(request: ReportRequest): Promise<Output> {
  const { what, file, format, out, taps, host = '127.0.0.1', port = usualPort } = request;
  const surplus = format ? 'format' : out !== undefined ? 'out' : taps.length > 0 ? 'taps' : null;
  if (surplus !== null) {
    throw new UserError(`--${surplus} and --serve go against each other`, 'Leave one out.');
  }
  if (!Number.isSafeInteger(port) || port < 0 || port > 65535) {
    throw new UserError(`--port is ${port}`, 'Expected a whole number from 0 to 65535.');
  }
  const settings = await loadSettings();
  const words = { words: what, file };
  await targetsOf(words, settings); // what is wrong with a word is said now
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const { signal, release } = interruptSignal({ note }, 'stopping');
  const server = await serveReports({
    targets: () => targetsOf(words, settings),
    settings,
    host,
    port,
    onError: (error) => note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  note(`Reports at ${server.url} (Ctrl-C ends)`);
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  await server.close();
  release();
  return { json: { status: 'stopped', url: server.url }, text: '' };
}

/** Null: text for a terminal. */
function formatOf({ format, out }: ReportRequest): Format | null {
  if (format !== undefined) return format;
  if (out === undefined) return null;
  const found = endings[extname(out).toLowerCase()];
  if (found) return found;
  throw new UserError(
    `reports are not written as ${out}`,
    'Give a file that ends in .html, .md, .tex or .csv, or --format.',
  );
}

async function written(
  format: Format,
  reports: readonly Report[],
  materials: readonly Material[],
): Promise<string> {
  switch (format) {
    case 'html':
      return htmlOf(reports);
    case 'md':
      return markdownOf(reports);
    case 'latex':
      return latexOf(reports);
    case 'csv':
      return csvOf(materials);
  }
}
