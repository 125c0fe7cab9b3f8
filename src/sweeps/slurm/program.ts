import { fileURLToPath } from 'node:url';

/** Words that run a task of an array job; the folder of its submission comes after them. */
export const program = [process.execPath, fileURLToPath(new URL('./worker.js', import.meta.url))];
