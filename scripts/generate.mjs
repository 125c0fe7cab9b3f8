/**
 * Writes what follows from the code: the editors' JSON schemas, the option tables of docs/configuration.md and of the models' pages, the
 * knobs in docs/simulator.md, the keys in docs/sweeps.md and all of docs/cards.md and docs/cli.md. With `--check` it writes nothing and fails when one of them
 * is out of date.
 *
 *   npm run generate
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { commands } from '../dist/cli/commands/index.js';
import { commandName, commonOptions, positionalsOf } from '../dist/cli/program.js';
import {
  experimentJsonSchema,
  knobGroups,
  modelInfo,
  optionTables,
  projectTables,
  sweepJsonSchema,
  sweepTables,
} from '../dist/config/index.js';
import { cardJsonSchema, cardTables, worlds } from '../dist/data/index.js';

const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

const optionHead = ['option', 'takes', 'default', 'meaning'];
const code = (text) => (text === '' ? '' : `\`${text}\``);

const files = {
  'schema/experiment.json': `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`,
  'schema/sweep.json': `${JSON.stringify(sweepJsonSchema(), null, 2)}\n`,
  'schema/card.json': `${JSON.stringify(cardJsonSchema(), null, 2)}\n`,
  'docs/cards.md': cardPage(),
  'docs/configuration.md': [
    ['options', optionSections(optionTables())],
    ['presets', presetTable()],
    ['project', optionSections(projectTables())],
  ].reduce((text, [name, made]) => between(text, name, made), read('docs/configuration.md')),
  'docs/sweeps.md': between(read('docs/sweeps.md'), 'keys', optionSections(sweepTables())),
  'docs/simulator.md': between(read('docs/simulator.md'), 'knobs', knobTables()),
  'docs/cli.md': commandPages(),
  ...modelPages(),
};

let stale = 0;
for (const [path, text] of Object.entries(files)) {
  if (current(path) === text) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is out of date: npm run generate\n`);
    stale++;
  } else {
    writeFileSync(new URL(path, root), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;

function current(path) {
  try {
    return read(path);
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces what stands between `<!-- generated: name -->` and `<!-- /generated -->`. */
function between(text, name, made) {
  const start = `<!-- generated: ${name} -->\n`;
  const from = text.indexOf(start);
  const to = text.indexOf('<!-- /generated -->', from);
  if (from < 0 || to < 0) throw new Error(`there is no place for ${name}`);
  return `${text.slice(0, from + start.length)}\n${made}\n\n${text.slice(to)}`;
}

function table(head, rows) {
  const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function optionSections(tables) {
  return tables
    .map(({ path, variant, about, rows }) => {
      const title = path === '' ? 'Top level' : titleOf(path, variant);
      return [`### ${title}`, about, keyTable(rows)].filter((part) => part !== '').join('\n\n');
    })
    .join('\n\n');
}

function keyTable(rows) {
  const body = rows.map((row) => [
    code(row.path),
    row.type,
    row.fallback === 'required' ? 'required' : code(row.fallback),
    row.about,
  ]);
  return body.length > 0 ? table(optionHead, body) : 'No options.';
}

/** docs/models/*.md with the options of each model that they have a place for, `<!-- generated: options of NAME -->`. */
function modelPages() {
  const rows = {};
  for (const { path, variant, rows: own } of optionTables()) {
    if (path === 'model' && variant) rows[variant.replace('name: ', '')] = [...own];
    else if (path.startsWith('model.'))
      Object.values(rows)
        .at(-1)
        .push(...own);
  }
  const pages = readdirSync(new URL('docs/models', root)).map((name) => `docs/models/${name}`);
  return Object.fromEntries(
    pages.map((page) => {
      const text = read(page);
      const names = [...text.matchAll(/<!-- generated: options of (\w+) -->/g)].map(([, name]) => name);
      return [
        page,
        names.reduce((made, name) => between(made, `options of ${name}`, keyTable(rows[name])), text),
      ];
    }),
  );
}

function knobTables() {
  const path = 'data.source.knobs';
  const { rows } = optionTables().find((section) => section.path === path);
  const options = new Map(rows.map((row) => [row.path.slice(path.length + 1), row]));
  const value = (number) => String(Number.isInteger(number) ? number : Number(number.toPrecision(6)));
  return Object.entries(knobGroups)
    .map(([title, knobs]) => {
      const body = Object.keys(knobs).map((name) => {
        const { about } = options.get(name);
        return [code(name), about, ...Object.values(worlds).map((world) => value(world[name]))];
      });
      return `### ${title}\n\n${table(['knob', 'meaning', ...Object.keys(worlds)], body)}`;
    })
    .join('\n\n');
}

function cardPage() {
  const tables = cardTables();
  const sections = tables.map(({ path, variant, as, rows }) => {
    const title = path === '' ? 'Top level' : titleOf(path, variant);
    const body = rows.map((row) => [
      code(row.path.split('.').at(-1)),
      linked(row, tables),
      row.fallback === 'required' ? 'required' : code(row.fallback),
      row.about,
    ]);
    return `## ${title}\n\n${as === null ? table(['key', ...optionHead.slice(1)], body) : `As ${code(as)}.`}`;
  });
  const head = [
    '# Keys of a card',
    'Written by `scripts/generate.mjs` from the schema that cards are checked by. [data.md](data.md#cards) explains what they ' +
      'are for, by an example. `NAME` stands for a name of your choice.',
    'Editors that know JSON Schema (through `yaml-language-server`) complete keys and underline mistakes in a card whose first ' +
      'line says where the schema is; the path starts from the card:',
    '```yaml\n# yaml-language-server: $schema=../schema/card.json\n```',
  ];
  return `${[...head, ...sections].join('\n\n')}\n`;
}

function titleOf(path, variant) {
  return code(path) + (variant === null ? '' : `, ${code(variant)}`);
}

/** What a key takes, with a link in the place of the keys of a map. */
function linked({ path, type }, tables) {
  const below = tables.find((other) => other.path === path || other.path === `${path}.NAME`);
  if (!below) return type;
  const anchor = titleOf(below.path, below.variant)
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/[^\w-]/g, '');
  return type.replace(/a map with [\w, ]+/, `[a map](#${anchor})`);
}

function presetTable() {
  const rows = Object.entries(modelInfo).flatMap(([model, { presets }]) =>
    Object.entries(presets).map(([name, { about, values }]) => [
      model,
      code(name),
      about,
      code(JSON.stringify(values)),
    ]),
  );
  return table(['model', 'preset', 'what', 'sets'], rows);
}

function commandPages() {
  const head = [
    '# Commands',
    'Written by `scripts/generate.mjs` from the same data as `--help`. Every command also takes:',
    optionTable(commonOptions),
    'Exit codes: 0 done, 1 a bug of mvrec, 2 something to mend on your side, 3 `data audit` found a leak (see\n' +
      '[audit.md](audit.md)) or a claim of a sweep fails, 4 a claim is undecided, 5 cells of a sweep failed or diverged (see\n' +
      '[sweeps.md](sweeps.md)), 130 interrupted with the work saved.\n' +
      'With `--json` an error is one JSON object too: `{"error": {"message", "fix", "file", "line", "column"}, "exitCode"}`.',
  ];
  return `${[...head, ...commands.map(commandPage)].join('\n\n')}\n`;
}

function commandPage(command) {
  const { usage, about, positionals = {}, options = {}, examples } = command;
  const places = positionalsOf(command).map(({ name, required }) => [
    code(name),
    `${positionals[name]?.describe ?? ''}${required ? '' : ' (optional)'}`,
  ]);
  const lines = examples.map(([line, what]) => `# ${what}\n${line}`).join('\n\n');
  return [
    `## \`mvrec ${commandName(command)}\``,
    `${about}.`,
    `\`\`\`\nmvrec ${usage} [options]\n\`\`\``,
    ...(places.length > 0 ? [table(['argument', 'what'], places)] : []),
    ...(Object.keys(options).length > 0 ? [optionTable(options)] : []),
    `\`\`\`sh\n${lines}\n\`\`\``,
  ].join('\n\n');
}

function optionTable(options) {
  const rows = Object.entries(options).map(([name, { type, choices, default: fallback, describe }]) => [
    code(`--${name}`),
    choices ? choices.join(', ') : type === 'boolean' ? 'switch' : type === 'number' ? 'number' : 'text',
    fallback === undefined || fallback === false ? '' : code(String(fallback)),
    describe ?? '',
  ]);
  return table(['option', 'takes', 'default', 'what'], rows);
}
