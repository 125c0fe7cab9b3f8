import { createRequire } from 'node:module';
import type * as DuckDB from '@duckdb/node-api';

const require = createRequire(import.meta.url);

/** DuckDB takes a quarter of a second to load, which what only trains can do without. */
export const duckdb = (): typeof DuckDB => require('@duckdb/node-api');
