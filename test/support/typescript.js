/**
 * Lets Node.js run tests as they stand, for `node --import`: TypeScript is stripped of its types by SWC, `./name.js` is `./name.ts`
 * where that is the file, and `@jest/globals`, which is for typing, gives the globals that Jest's runner has set.
 */
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

// Node calls these functions on a thread of theirs, which loads this file again.
if (isMainThread) register(import.meta.url);

const globals = new URL('./globals.js', import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && isTypeScript(context.parentURL)) {
    const source = new URL(specifier.replace(/js$/, 'ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  const filename = fileURLToPath(new URL(url));
  const { code: source } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    sourceMaps: 'inline',
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  return { format: 'module', source, shortCircuit: true };
}

/** Jest's runner puts a question mark behind the names of test files. */
function isTypeScript(url) {
  return /\.ts(\?|$)/.test(url ?? '');
}
