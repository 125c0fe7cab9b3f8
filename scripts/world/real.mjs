import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { byPlace, shares, tail } from './curves.mjs';

/**
 * Curves of real logs, by picture and then by name of the log. Nothing but such curves leaves the logs, most of which
 * may not be redistributed.
 *
 * @param {string} folder of the logs
 * @returns curves, or null where they are not all there
 */
export async function realCurves(folder) {
  const file = (name) => `'${join(folder, name).replaceAll("'", "''")}'`;
  const paths = {
    kuairand: 'kuairand-negfeedback/processed_standard_kcore_15.csv',
    segmm: 'segmm-sample/SegMM_inter_sample.csv',
    microlens: 'microlens-50k/interactions.csv',
    kwai: 'kwai/interactions.csv',
    tiktok: 'tiktok/interactions.csv',
  };
  if (!Object.values(paths).every((path) => existsSync(join(folder, path)))) return null;
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const numbers = async (sql) =>
    (await connection.runAndReadAll(sql)).getRowsJS().map((row) => row.map((value) => Number(value)));
  const first = async (sql) => (await numbers(sql)).map(([value]) => value);

  const positives = async (name, path) => ({
    [name]: {
      user: tail(await first(`SELECT count(*) FROM read_csv(${file(path)}) GROUP BY "user"`)),
      item: tail(await first(`SELECT count(*) FROM read_csv(${file(path)}) GROUP BY item`)),
    },
  });
  const logs = {
    ...(await positives('MicroLens-50k', paths.microlens)),
    ...(await positives('Kwai', paths.kwai)),
    ...(await positives('TikTok', paths.tiktok)),
  };
  const of = (side) => Object.fromEntries(Object.entries(logs).map(([name, tails]) => [name, tails[side]]));

  const kuairand = `(SELECT DISTINCT * FROM read_csv(${file(paths.kuairand)}, delim = '\t'))`;
  const clicks = await first(`SELECT sum(is_click) FROM ${kuairand} GROUP BY user_id`);
  // A session ends where nothing is shown for half an hour.
  const places = await numbers(`
    WITH gaps AS (
      SELECT user_id, time_ms, is_click, coalesce(time_ms - lag(time_ms) OVER w > 1800000, true) AS opens
      FROM ${kuairand} WINDOW w AS (PARTITION BY user_id ORDER BY time_ms)
    ), sessions AS (
      SELECT *, sum(opens::int) OVER (PARTITION BY user_id ORDER BY time_ms ROWS UNBOUNDED PRECEDING) AS session
      FROM gaps
    )
    SELECT row_number() OVER (PARTITION BY user_id, session ORDER BY time_ms) - 1, is_click FROM sessions`);
  const ratio = (played, from) =>
    first(`SELECT ${played} / duration_ms FROM ${from} WHERE duration_ms > 0 AND ${played} > 0`);
  return {
    rowsPerUser: of('user'),
    rowsPerVideo: of('item'),
    historyLength: { ...of('user'), 'KuaiRand (selected)': tail(clicks) },
    clicksByPlace: {
      'KuaiRand (selected)': byPlace(
        places.map(([place]) => place),
        places.map(([, click]) => click),
      ),
    },
    watchRatio: {
      'KuaiRand (selected)': shares(await ratio('play_time_ms', kuairand)),
      SegMM: shares(await ratio('playing_time', `read_csv(${file(paths.segmm)})`)),
    },
  };
}
