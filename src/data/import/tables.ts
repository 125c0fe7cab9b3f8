import { relative } from 'node:path';
import { UserError } from '../../base/index.js';
import type { Card, CardFile } from '../card.js';
import type { Database } from '../database.js';
import { readers } from '../readers/index.js';
import { findFiles } from './paths.js';
import { listOf } from './sources.js';
import { openTable, type SourceTable, tableOf } from './table.js';

/** The files of a card as tables, opened when first asked for. */
export class Tables {
  private readonly opened = new Map<string, Promise<readonly SourceTable[]>>();
  /** Tables that a reader made of files, by reader and paths: reading is done once for all of them. */
  private readonly read = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(
    private readonly card: Card,
    private readonly from: string,
    private readonly database: Database,
    private readonly report: string[],
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The tables of a card's file, in order. */
  of(name: string): Promise<readonly SourceTable[]> {
    let tables = this.opened.get(name);
    if (!tables) {
      tables = this.open(this.card.files[name]!);
      this.opened.set(name, tables);
    }
    return tables;
  }

  /** The one table of a file from which features come. @throws UserError when there are several */
  async one(name: string): Promise<SourceTable> {
    const tables = await this.of(name);
    if (tables.length === 1) return tables[0]!;
    throw new UserError(
      `features come from one file, and ${name} is ${tables.length}`,
      'Name one file each in the card.',
      { file: tables[0]!.path },
    );
  }

  private async open(file: CardFile): Promise<readonly SourceTable[]> {
    if (file.reader) return [await this.openRead(file, file.reader)];
    const tables: SourceTable[] = [];
    for (const path of listOf(file.path)) {
      const found = await findFiles(this.from, path);
      for (const one of found.files) {
        const within = found.several ? relative(found.path, one.path) : '';
        const table = await openTable(this.database, one.path, file, within, this.signal);
        if (table.endsWithin) this.report.push(`${table.path} ends without a line end: was it cut off?`);
        tables.push(table);
      }
    }
    return tables;
  }

  private async openRead(file: CardFile, reader: NonNullable<CardFile['reader']>): Promise<SourceTable> {
    const key = JSON.stringify([reader, file.path]);
    const found = await Promise.all(listOf(file.path).map((path) => findFiles(this.from, path)));
    const paths = found.flatMap(({ files }) => files.map(({ path }) => path));
    let made = this.read.get(key);
    if (!made) {
      const prefix = `read${this.read.size}_`;
      made = readers[reader](paths, {
        database: this.database,
        prefix,
        signal: this.signal,
      }).then(({ tables, notes }) => {
        this.report.push(...notes);
        return tables;
      });
      this.read.set(key, made);
    }
    const tables = await made;
    const table = tables[file.table];
    if (table === undefined) {
      throw new UserError(
        `the reader ${reader} makes no table ${file.table}`,
        `It makes ${Object.keys(tables).join(', ')}.`,
      );
    }
    const schema = await this.database.rows(`DESCRIBE ${table}`);
    return tableOf(found[0]!.path, 'reader', table, schema);
  }
}
