import type { Place } from '../../base/index.js';
import type { CardFile } from '../card.js';
import { placeOf, type SourceTable } from './table.js';

/** The tables that make up the log, and the numbers of their first rows in it. */
export class LogRows {
  readonly pieces: {
    readonly table: SourceTable;
    readonly file: CardFile;
    readonly before: number;
    readonly rows: number;
  }[] = [];

  get rows(): number {
    const last = this.pieces.at(-1);
    return last ? last.before + last.rows : 0;
  }

  /** The piece that row `sourceRow` (from 1, through all pieces) belongs to. */
  pieceOf(sourceRow: number): LogRows['pieces'][number] {
    return this.pieces.findLast(({ before }) => before < sourceRow)!;
  }

  /** Where row `sourceRow` (from 1, through all pieces) stands. */
  placeOf(sourceRow: number): Promise<Place> {
    const piece = this.pieceOf(sourceRow);
    return placeOf(piece.table, sourceRow - piece.before);
  }
}
