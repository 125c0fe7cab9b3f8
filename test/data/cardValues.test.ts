import { describe } from '@jest/globals';
import { above, changed, columns, cover, good, history, log, md5, refuses, whole } from './cardFixture.js';

describe('an unknown key is told at every level, with the nearest that there is', () => {
  refuses([
    ['above', `${whole}license: MIT\n`, ['19:1', 'unknown key license\n  Did you mean licence?']],
    [
      'of another level',
      `${whole}delimiter: tab\n`,
      ['19:1', 'unknown key delimiter\n  Did you mean files.NAME.delimiter?'],
    ],
    [
      'of a file',
      log('{ path: log.csv, delimeter: tab }'),
      ['4:25', 'unknown key files.log.delimeter\n  Did you mean delimiter?'],
    ],
    [
      'of explode',
      log('{ path: log.csv, explode: { column: x, sep: "|" } }'),
      ['4:47', 'unknown key files.log.explode.sep\n  Did you mean separator?'],
    ],
    [
      'of the log',
      above('time', 'missingTimes: drop'),
      ['10:3', 'unknown key interactions.missingTimes\n  Did you mean missingTime?'],
    ],
    [
      'of a column',
      columns('{ click: { column: x, atleast: 1 } }'),
      ['11:34', 'unknown key interactions.columns.click.atleast\n  Did you mean atLeast?'],
    ],
    [
      'of the parts',
      above('time', 'part: { column: p, value: {}, values: { 0: train } }'),
      ['10:22', 'unknown key interactions.part.value\n  Did you mean values?'],
    ],
    [
      'of a history',
      history('{ column: h, seperator: "," }'),
      ['11:37', 'unknown key interactions.histories.clicks.seperator\n  Did you mean separator?'],
    ],
    ['of features', changed('  tags:', '  tag:'), ['15:3', 'unknown key items.tag\n  Did you mean tags?']],
    [
      'of a category',
      changed('key: id', 'keys: id'),
      ['14:29', 'unknown key items.categories.author.keys\n  Did you mean key?'],
    ],
    [
      'of a tag',
      changed('{ column: tags }', '{ column: tags, bucket: log2Seconds }'),
      [
        '16:26',
        'unknown key items.tags.tag.bucket\n  Options of items.tags.tag: file, key, column, codes, separator, padding. There is items.categories.NAME.bucket or users.categories.NAME.bucket too.',
      ],
    ],
    [
      'of a vector of an array',
      cover('{ path: cover.npy, clip: 4 }'),
      ['18:31', 'unknown key items.vectors.cover.clip\n  Did you mean clips?'],
    ],
    [
      'of a vector of a table',
      cover('{ file: videos, colums: [a], columns: [a] }'),
      ['18:28', 'unknown key items.vectors.cover.colums\n  Did you mean columns?'],
    ],
    [
      'of what is expected',
      `${whole}expect: { row: 1 }\n`,
      ['19:11', 'unknown key expect.row\n  Did you mean rows?'],
    ],
  ]);
});

describe('a value that is not what its key takes is told where it stands', () => {
  refuses([
    [
      'a missing key',
      changed('  item: v\n', ''),
      ['7:3', 'interactions.item is missing\n  Expected text. Column of'],
    ],
    ['no files', changed('files:\n  log: { path: log.csv }\n', 'files:\n', good), ['3:1', 'files is empty']],
    [
      'a list of files',
      changed('files:\n  log: { path: log.csv }\n', 'files: [log.csv]\n', good),
      ['3:8', 'files is [log.csv]'],
    ],
    [
      'a file without keys',
      log('log.csv'),
      ['4:8', 'files.log is the text "log.csv"\n  Expected a map of options'],
    ],
    ['no path', log('{ path: "" }'), ['4:16', 'files.log.path is an empty text']],
    [
      'no paths',
      log('{ path: [] }'),
      ['4:16', 'files.log.path is an empty list\n  Expected a list of at least one.'],
    ],
    [
      'a number in paths',
      log('{ path: [a.csv, 7] }'),
      ['4:24', 'files.log.path[1] is 7\n  Expected text. Write "7".'],
    ],
    [
      'numbers as names of columns',
      log('{ path: log.csv, header: [u, 1] }'),
      ['4:37', 'files.log.header[1] is 1\n  Expected text. Write "1".'],
    ],
    [
      'a sign for a delimiter',
      log('{ path: log.csv, delimiter: "," }'),
      ['4:36', 'files.log.delimiter is the text ","\n  Expected one of comma, tab'],
    ],
    [
      'a reader',
      log('{ path: a, reader: kuaishu-pickle }'),
      ['4:27', 'files.log.reader is the text "kuaishu-pickle"\n  Did you mean kuaishou-pickle?'],
    ],
    [
      'a part',
      log('{ path: log.csv, part: valid }'),
      [
        '4:31',
        'files.log.part is the text "valid"\n  Did you mean validation? Expected one of train, validation, test.',
      ],
    ],
    [
      'a negative offset',
      log('{ path: log.csv, itemOffset: -1 }'),
      ['4:37', 'files.log.itemOffset is -1\n  Expected a whole number of at least 0 or text.'],
    ],
    ['half an offset', log('{ path: log.csv, itemOffset: 1.5 }'), ['4:37', 'files.log.itemOffset is 1.5']],
    [
      'half a checksum',
      log('{ path: log.csv, md5: abc }'),
      ['4:30', 'files.log.md5 is the text "abc"\n  Expected an MD5 (32 digits 0-9 a-f)'],
    ],
    [
      'half a checksum in a list',
      log(`{ path: [a, b], md5: [${md5}, abc] }`),
      ['4:64', 'files.log.md5[1] is the text "abc"\n  Expected an MD5 (32 digits'],
    ],
    [
      'a number as a column',
      changed('user: u', 'user: 0'),
      ['8:9', 'interactions.user is 0\n  Expected text. Write "0".'],
    ],
    [
      'columns that are a number',
      columns('7'),
      ['11:12', 'interactions.columns is 7\n  Expected a list of names or a map of names'],
    ],
    [
      'columns that are one name',
      columns('click'),
      ['11:12', 'interactions.columns is the text "click"\n  Expected a list of names'],
    ],
    ['no columns', columns(''), ['11:3', 'interactions.columns is empty\n  Expected a list of names']],
    [
      'a name with a space',
      columns('[click, is like]'),
      [
        '11:20',
        'interactions.columns[1] is the text "is like"\n  Expected a name (letters, digits and _ . -; for a column that is called otherwise write {name: column}).',
      ],
    ],
    [
      'a name with a space as a key',
      columns('{ is like: x }'),
      ['11:14', 'interactions.columns: "is like" cannot be a name here\n  Expected a name (letters, digits'],
    ],
    [
      'a map in a list of columns',
      columns('[{ click: x }]'),
      ['11:13', 'interactions.columns[0] is a map\n  Expected a name'],
    ],
    [
      'a list for a column',
      columns('{ click: [a, b] }'),
      [
        '11:21',
        'interactions.columns.click is [a, b]\n  Expected text or a map with column, minus, times, over, atLeast, list, span.',
      ],
    ],
    [
      'a number for a column',
      columns('{ click: 3 }'),
      ['11:21', 'interactions.columns.click is 3\n  Expected text or a map with column'],
    ],
    [
      'keys of a column',
      columns('{ click: { column: x, over: 4, atLeast: many } }'),
      ['11:40', 'interactions.columns.click.over is 4\n  Expected text. Write "4".'],
      ['11:52', 'interactions.columns.click.atLeast is the text "many"\n  Expected a number.'],
    ],
    [
      'a column without a column',
      columns('{ click: { atLeast: 1 } }'),
      ['11:21', 'interactions.columns.click.column is missing'],
    ],
    [
      'a kind of list',
      columns('{ click: { column: x, list: one } }'),
      ['11:40', 'interactions.columns.click.list is the text "one"\n  Did you mean ones?'],
    ],
    [
      'a typo in what a value means',
      above('time', 'part: { column: p, values: { 0: train, 1: tets } }'),
      ['10:45', 'interactions.part.values.1 is the text "tets"\n  Did you mean test?'],
    ],
    [
      'a separator of two characters',
      history('{ column: h, separator: "::" }'),
      ['11:48', 'interactions.histories.clicks.separator is the text "::"\n  Expected a single character.'],
    ],
    [
      'a separator of none',
      history('{ column: h, separator: "" }'),
      ['11:48', 'interactions.histories.clicks.separator is an empty text\n  Expected a single character.'],
    ],
    [
      'padding that is a number',
      history('{ column: h, padding: 0 }'),
      ['11:46', 'interactions.histories.clicks.padding is 0\n  Expected text. Write "0".'],
    ],
    [
      'a history that is a column',
      history('h'),
      [
        '11:24',
        'interactions.histories.clicks is the text "h"\n  Expected a map of options (key: value): column',
      ],
    ],
    [
      'a bucket',
      changed('column: by', 'column: by, bucket: log2'),
      ['14:58', 'items.categories.author.bucket is the text "log2"\n  Expected "log2Seconds".'],
    ],
    [
      'no clips',
      cover('{ path: cover.npy, clips: 0 }'),
      ['18:38', 'items.vectors.cover.clips is 0\n  Expected a whole number of at least 1.'],
    ],
    [
      'a vector that is a path',
      cover('cover.npy'),
      [
        '18:12',
        'items.vectors.cover is the text "cover.npy"\n  Expected a map of options (key: value): path',
      ],
    ],
    [
      'a vector of nothing',
      cover('{ ids: ids.txt }'),
      ['18:12', 'items.vectors.cover needs one of path, file'],
    ],
    [
      'a vector of an array and a table',
      cover('{ path: cover.npy, file: videos }'),
      ['18:31', 'items.vectors.cover has both path and file\n  Give one of them.'],
    ],
    [
      'a key of the other kind of vector',
      cover('{ file: videos, column: a, rows: rank }'),
      ['18:39', 'items.vectors.cover.rows belongs to path, not to file'],
    ],
    [
      'a name of the card with a space',
      changed('name: tiny', 'name: my data'),
      ['1:7', 'name is the text "my data"\n  Expected a name (letters, digits'],
    ],
    [
      'a name that is a number',
      changed('name: tiny', 'name: 1000'),
      ['1:7', 'name is 1000\n  Expected a name'],
    ],
    [
      'a file name with a space',
      changed('  videos:', '  the videos:'),
      ['5:3', 'files: "the videos" cannot be a name here'],
    ],
    [
      'a name that objects cannot hold',
      changed('  videos:', '  __proto__:'),
      ['5:3', 'files: "__proto__" cannot be a name here'],
    ],
    [
      'a negative count',
      `${whole}expect: { rows: -1 }\n`,
      ['19:17', 'expect.rows is -1\n  Expected a whole number of at least 0.'],
    ],
    [
      'a single note',
      `${whole}notes: one\n`,
      ['19:8', 'notes is the text "one"\n  Expected a list (text each).'],
    ],
  ]);
});
