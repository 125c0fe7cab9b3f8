import { simulate } from '../../dist/data/index.js';
import { byPlace, shares, tail } from './curves.mjs';

/** The size at which a world is drawn: rows a user and rows a video are the same at any. */
const scales = { quickstart: 1, microvideo: 0.02, kuaishou: 0.02, toffee: 1, frame: 0.3 };

/** Curves of every world, by picture and then by name of the log. */
export async function simulatedCurves() {
  const curves = { rowsPerUser: {}, rowsPerVideo: {}, historyLength: {}, clicksByPlace: {}, watchRatio: {} };
  for (const [world, scale] of Object.entries(scales)) {
    const { interactions, itemIds } = await simulate({ world, scale, seed: 1 });
    const { columns, userOffsets, item } = interactions;
    const perVideo = new Int32Array(itemIds.length);
    for (const one of item) perVideo[one]++;
    curves.rowsPerUser[world] = tail(perUser(userOffsets, () => 1));
    curves.rowsPerVideo[world] = tail(perVideo.filter((rows) => rows > 0));
    curves.historyLength[world] = tail(perUser(userOffsets, (row) => columns.is_click[row]));
    if (world !== 'toffee') curves.clicksByPlace[world] = byPlace(columns.position, columns.is_click);
    if (columns.finished) curves.watchRatio[world] = shares(ratios(columns));
  }
  return curves;
}

/** @returns {number[]} sums over the rows of each user */
function perUser(userOffsets, value) {
  return Array.from({ length: userOffsets.length - 1 }, (_, user) => {
    let sum = 0;
    for (let row = userOffsets[user]; row < userOffsets[user + 1]; row++) sum += value(row);
    return sum;
  });
}

/** Time played over duration, of rows that were played. */
function ratios({ playing_time_ms: played, duration_ms: duration }) {
  return Array.from(played, (ms, row) => ms / duration[row]).filter((ratio) => ratio > 0);
}
