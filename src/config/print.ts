import { flow } from '../schema/index.js';
import type { LoadedExperiment } from './load.js';

/** The resolved experiment as YAML that reads back to the same, with the origin of every value as a comment, and what a null took away. */
export function formatExperiment({ experiment, origins }: LoadedExperiment): string {
  const lines = linesOf(experiment, '', '');
  const column = Math.min(60, Math.max(...lines.map(({ text }) => text.length))) + 2;
  const given = lines.map(({ text, path }) => {
    const origin = origins.get(path);
    return origin === undefined ? text : `${text.padEnd(column - 1)} # ${origin}`;
  });
  const there = new Set(lines.map(({ path }) => path));
  const taken = [...origins].filter(([path]) => !there.has(path)).map(([path, by]) => `# ${path}: ${by}`);
  return [...given, ...taken].join('\n');
}

const isMap = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

interface Line {
  readonly text: string;
  readonly path: string;
}

function linesOf(map: object, path: string, indent: string): Line[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const here = path ? `${path}.${key}` : key;
    if (value === undefined) return [];
    if (isMap(value) && Object.keys(value).length > 0) {
      return [{ text: `${indent}${key}:`, path: here }, ...linesOf(value, here, `${indent}  `)];
    }
    return [{ text: `${indent}${key}: ${flow(value)}`, path: here }];
  });
}
