import { fileURLToPath } from 'node:url';

/** What runs a task of an array job. An object, so that a test can take another program. */
export const program = {
  /** The folder of the task's submission comes after them. */
  words: [process.execPath, fileURLToPath(new URL('./worker.js', import.meta.url))],
};
