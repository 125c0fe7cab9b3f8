import { didYouMean, UserError } from '../base/index.js';
import { type ModelName, modelInfo, modelOptions } from '../config/index.js';
import type { Output } from './command.js';
import { formatTable, textWidth } from './output.js';

/** All models in a table. */
export function listModels(): Output {
  const models = Object.entries(modelInfo).map(([name, { presets, ...info }]) => ({
    name,
    ...info,
    presets: Object.keys(presets),
  }));
  const rows = models.map(({ name, title, paper, kind, reads, tables }) => [
    name,
    title.slice(title.indexOf(':') + 2),
    shortOf(paper),
    kind,
    reads,
    tables.join('; '),
  ]);
  const left = textWidth() - 33;
  const columns = [
    { title: 'name' },
    { title: 'model', width: Math.floor(left * 0.29) },
    { title: 'paper', width: Math.floor(left * 0.22) },
    { title: 'kind' },
    { title: 'reads', width: Math.floor(left * 0.26) },
    { title: 'in tables', width: Math.floor(left * 0.23) },
  ];
  return { json: { models }, text: formatTable(columns, rows) };
}

/** `Kim`, `He and Chua`, `Hu, Koren and Volinsky`, `Li et al.`, as a paper's reference begins. */
const authors = /^\p{Lu}[\p{L}-]+(, \p{Lu}[\p{L}-]+)*( and \p{Lu}[\p{L}-]+| et al\.)?(?=, )/u;

/** References without their titles: `He et al., WWW 2017`. */
function shortOf(paper: string | null): string {
  const papers = paper?.split('; ') ?? [];
  const parts = papers.map((one) => [authors.exec(one)?.[0], one.slice(one.lastIndexOf(', ') + 2)]);
  return parts.map((known) => known.filter((part) => part !== undefined).join(', ')).join('; ');
}

/**
 * One model: where it comes from, options, presets.
 *
 * @throws UserError when there is no model of that name
 */
export function describeModel(name: string): Output {
  if (!Object.hasOwn(modelInfo, name)) {
    throw new UserError(`there is no model ${name}`, didYouMean(name, Object.keys(modelInfo), 'Models'));
  }
  const info = modelInfo[name as ModelName];
  const options = modelOptions(name as ModelName);
  const columns = [
    { title: 'option' },
    { title: 'value', width: 28 },
    { title: 'default' },
    { title: 'meaning', width: textWidth() - 62 },
  ];
  const rows = options.map(({ path, type, fallback, about }) => [
    path.replace(/^model\./, ''),
    type,
    fallback,
    about,
  ]);
  const presets = Object.entries(info.presets).map(([preset, { about }]) => `  ${preset}: ${about}`);
  const parts = [
    info.title,
    ...(info.paper ? [info.paper] : []),
    `Kind: ${info.kind}`,
    `Reads: ${info.reads}`,
    ...(info.tables.length > 0 ? [`Tables: ${info.tables.join('; ')}`] : []),
    ...(rows.length > 0 ? ['', formatTable(columns, rows)] : ['', 'No options.']),
    ...(presets.length > 0 ? ['', 'Presets', ...presets] : []),
  ];
  return { json: { name, ...info, options }, text: parts.join('\n') };
}
