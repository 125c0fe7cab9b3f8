import { describe } from '@jest/globals';
import { above, changed, columns, cover, history, log, md5, refuses, whole } from './cardFixture.js';

describe('keys that do not go together are told, and none is ignored', () => {
  const noFiles = changed('  log: { path: log.csv }\n  videos: { path: videos.csv }', '  {}');
  refuses([
    [
      'an unknown file',
      changed('file: log', 'file: lgo'),
      ['7:9', 'interactions.file is lgo, which is not one of files\n  Did you mean log? Files: log, videos.'],
    ],
    [
      'a path for a file',
      changed('file: log', 'file: log.csv'),
      ['7:9', 'interactions.file is log.csv, which is not one of files\n  Files: log, videos.'],
    ],
    [
      'one of several files',
      changed('file: log', 'file: [log, lock]'),
      ['7:15', 'interactions.file[1] is lock, which is not one of files'],
    ],
    [
      'no files at all',
      noFiles,
      ['6:9', 'interactions.file is log, which is not one of files\n  There are none.'],
      ['13:21', 'items.categories.author.file is videos'],
    ],
    [
      'the file of a category',
      changed('file: videos', 'file: video'),
      ['14:21', 'items.categories.author.file is video, which is not one of files\n  Did you mean videos?'],
    ],
    [
      'the file of a vector',
      cover('{ file: video, column: a }'),
      ['18:20', 'items.vectors.cover.file is video, which is not'],
    ],
    [
      'the file of a history',
      history('{ file: vids, column: h }'),
      ['11:32', 'interactions.histories.clicks.file is vids, which is not one of files'],
    ],
    [
      'a file twice in the log',
      changed('file: log', 'file: [log, log]'),
      ['7:15', 'interactions.file[1] is log again\n  Its rows would count twice.'],
    ],
    [
      'a path twice in a file',
      log('{ path: [a.csv, a.csv] }'),
      ['4:24', 'files.log.path[1] names a.csv again'],
    ],
    [
      'one checksum of two files',
      log(`{ path: [a.csv, b.csv], md5: ${md5} }`),
      ['4:37', 'files.log.md5 has 1 checksum for 2 paths\n  Give one for each path'],
    ],
    [
      'two checksums of one file',
      log(`{ path: a.csv, md5: [${md5}, ${md5}] }`),
      ['4:28', 'files.log.md5 has 2 checksums for 1 path\n'],
    ],
    [
      'a checksum of a pattern',
      log(`{ path: "part-*.csv", md5: ${md5} }`),
      ['4:35', 'files.log.md5 cannot be that of all files of part-*.csv'],
    ],
    [
      'a list that the header has not',
      log('{ path: a, header: [u, items], explode: { column: item } }'),
      ['4:58', 'files.log.explode.column is item, which is not in header\n  Did you mean items?'],
    ],
    [
      'two columns of one name',
      log('{ path: log.csv, header: [u, v, u] }'),
      ['4:40', 'files.log.header[2] is a second column named u'],
    ],
    [
      'two columns of one name but for case',
      log('{ path: log.csv, header: [u, v, U] }'),
      ['4:40', 'files.log.header[2] is a second column named u and U'],
    ],
    [
      'classes and codes',
      changed('column: by', 'column: by, bucket: log2Seconds, codes: 10'),
      ['14:78', 'items.categories.author.codes and bucket both say what the values become'],
    ],
    [
      'a header of Parquet',
      log('{ path: log.parquet, header: [u] }'),
      ['4:37', 'files.log.header is for CSV files, not for Parquet'],
    ],
    [
      'a delimiter of Parquet',
      log('{ path: log.parquet, delimiter: tab }'),
      ['4:40', 'files.log.delimiter is for CSV files, not for Parquet'],
    ],
    [
      'quotes of Parquet',
      log('{ path: log.parquet, quotes: none }'),
      ['4:37', 'files.log.quotes is for CSV files, not for Parquet'],
    ],
    [
      'a delimiter and a reader',
      log('{ path: a, reader: eeg-svrec-json, delimiter: tab }'),
      ['4:54', 'files.log.delimiter is for CSV files, not for eeg-svrec-json'],
    ],
    [
      'a list and a reader',
      log('{ path: a, reader: eeg-svrec-json, explode: { column: x } }'),
      ['4:43', 'files.log.explode does not go with the reader eeg-svrec-json'],
    ],
    [
      'a table without a reader',
      log('{ path: log.csv, table: lists }'),
      ['4:32', 'files.log.table names a table of a reader, and there is no reader'],
    ],
    [
      'a part of features',
      changed('videos.csv }', 'videos.csv, part: test }'),
      ['5:37', 'files.videos.part is for files of the log, which videos is not\n  The log is log.'],
    ],
    [
      'an offset of features',
      changed('videos.csv }', 'videos.csv, itemOffset: 3 }'),
      ['5:43', 'files.videos.itemOffset is for files of the log'],
    ],
    [
      'a part of one file alone',
      changed('file: log', 'file: [log, videos]', log('{ path: log.csv, part: train }')),
      ['5:3', 'files.videos has no part, but log has'],
    ],
    [
      'two ways to say a part',
      changed(
        '  time:',
        '  part: { column: p, values: { 0: train } }\n  time:',
        log('{ path: log.csv, part: test }'),
      ),
      ['4:31', 'files.log.part says where rows belong, and so does interactions.part'],
    ],
    [
      'parts without values',
      above('time', 'part: { column: p, values: {} }'),
      ['10:22', 'interactions.part.values is empty\n  Say what each value means: { "0": train }.'],
    ],
    [
      'one column for users and items',
      changed('item: v', 'item: u'),
      ['9:9', 'interactions.item is u, the column of users'],
    ],
    [
      'the column of users as the time',
      changed('time: t', 'time: u'),
      [
        '10:9',
        'interactions.time is u, the column of users: it cannot be an identifier and a number at once',
      ],
    ],
    [
      'the column of items as a label',
      columns('[click, v]'),
      ['11:20', 'interactions.columns[1] is v, the column of items: it cannot be'],
    ],
    [
      'the column of items under another name',
      columns('{ click: { column: v, atLeast: 1 } }'),
      ['11:31', 'interactions.columns.click.column is v, the column of items'],
    ],
    [
      'the column of items to divide by',
      columns('{ click: { column: x, over: v } }'),
      ['11:40', 'interactions.columns.click.over is v, the column of items'],
    ],
    [
      'the column of users as a length',
      history('{ file: videos, column: h, length: u }'),
      ['11:59', 'interactions.histories.clicks.length is u, the column of users'],
    ],
    [
      'a format of times without times',
      changed('time: t', 'timeFormat: date'),
      ['10:15', 'interactions.timeFormat is given, and there is no time'],
    ],
    [
      'the column of dates as a number',
      columns('[click, t]\n  timeFormat: date'),
      [
        '11:20',
        'interactions.columns[1] is t, the column of dates: it cannot be a date and a number at once',
      ],
    ],
    [
      'missing times without times',
      changed('time: t', 'missingTime: drop'),
      ['10:16', 'interactions.missingTime is given, and there is no time'],
    ],
    ['a column twice', columns('[click, like, click]'), ['11:26', 'interactions.columns[2] is click again']],
    [
      'a column that is kept and made',
      columns('[click]\n  positives: click'),
      ['12:14', 'interactions.positives is click, which is a kept column'],
    ],
    [
      'a length of lists in rows',
      history('{ column: h, length: n }'),
      ['11:45', 'interactions.histories.clicks.length goes with a file of one list a user'],
    ],
    [
      'rows of lists in rows',
      history('{ column: h, byRow: true }'),
      ['11:44', 'interactions.histories.clicks.byRow goes with a file of one list a user'],
    ],
    [
      'rows by number and by name',
      history('{ file: videos, column: h, byRow: true, key: u }'),
      ['11:58', 'interactions.histories.clicks.byRow and key both say whose list it is'],
    ],
    [
      'a key without a file',
      changed('{ file: videos, key', '{ key'),
      ['14:20', 'items.categories.author.key goes with a file'],
    ],
    [
      'a key of tags without a file',
      changed('{ column: tags }', '{ key: id, column: tags }'),
      ['16:17', 'items.tags.tag.key goes with a file'],
    ],
    [
      'one name for two features',
      changed('tag: {', 'author: {'),
      ['16:5', 'items.tags.author is in categories already'],
    ],
    [
      'one name for a text and a tag',
      changed('  vectors:', '  texts:\n    tag: { file: videos, column: t }\n  vectors:'),
      ['18:5', 'items.texts.tag is in tags already'],
    ],
    [
      'the file of a text',
      changed('  vectors:', '  texts:\n    title: { file: video, column: t }\n  vectors:'),
      ['18:20', 'items.texts.title.file is video, which is not one of files\n  Did you mean videos?'],
    ],
    [
      'no columns of a vector',
      cover('{ file: videos }'),
      ['18:5', 'items.vectors.cover needs columns, or one column of lists'],
    ],
    [
      'both kinds of columns',
      cover('{ file: videos, columns: [a], column: b }'),
      ['18:50', 'items.vectors.cover.column and columns both say where the vector is'],
    ],
    [
      'a separator of columns',
      cover('{ file: videos, columns: [a], separator: ";" }'),
      ['18:53', 'items.vectors.cover.separator goes with one column of lists'],
    ],
    [
      'two ways to say whose rows',
      cover('{ path: cover.npy, ids: i.txt, rows: rank }'),
      ['18:49', 'items.vectors.cover.rows and ids both say whose the rows are'],
    ],
    [
      'names of HDF5 for npy',
      cover('{ path: cover.npy, values: v }'),
      ['18:39', 'items.vectors.cover.values is for HDF5 files'],
    ],
    [
      'counts of parts without parts',
      `${whole}expect: { train: 5 }\n`,
      ['19:18', 'expect.train counts a part of a published split, and the card names none'],
    ],
    [
      'users of parts without parts',
      `${whole}expect: { parts: { train: { users: 5 } } }\n`,
      ['19:20', 'expect.parts.train counts a part of a published split, and the card names none'],
    ],
    [
      'positives of users in a column that is not kept',
      `${whole}expect: { positivesPerUser: { clic: { mean: 5 } } }\n`,
      ['19:31', 'expect.positivesPerUser.clic is no kept column\n  Did you mean click?'],
    ],
    [
      'positives of users in a part without parts',
      `${whole}expect: { positivesPerUser: { click: { mean: 5, part: test } } }\n`,
      ['19:55', 'expect.positivesPerUser.click.part is a part of a published split, and the card names none'],
    ],
    [
      'counts of a column that is not kept',
      `${whole}expect: { positives: { clic: 5 } }\n`,
      ['19:30', 'expect.positives.clic is no kept column\n  Did you mean click?'],
    ],
  ]);
});
