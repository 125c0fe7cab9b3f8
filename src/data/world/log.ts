import type { Interactions, Store } from '../types.js';
import { Column } from './column.js';
import type { Impression } from './impression.js';

type Rows = Pick<Interactions, 'user' | 'item' | 'time' | 'columns'> & Pick<Store, 'truth'>;

const floats = () => new Column(Float32Array);

/** Rows in the order in which they happen, as the columns of a store. */
export class Log {
  private readonly user = new Column(Int32Array);
  private readonly item = new Column(Int32Array);
  private readonly time = new Column(Float64Array);
  private readonly columns = {
    is_click: floats(),
    is_like: floats(),
    is_follow: floats(),
    position: floats(),
  };
  private readonly truth = { is_click: floats(), is_like: floats(), is_follow: floats() };
  private readonly watch: WatchColumns | null;

  /** @param watched whether the world has watch time */
  constructor(watched: boolean) {
    this.watch = watched ? new WatchColumns() : null;
  }

  add(row: Impression): void {
    const { columns, truth } = this;
    this.user.add(row.user);
    this.item.add(row.item);
    this.time.add(row.time);
    columns.is_click.add(row.click);
    columns.is_like.add(row.like);
    columns.is_follow.add(row.follow);
    columns.position.add(row.position);
    truth.is_click.add(row.truth.click);
    truth.is_like.add(row.truth.like);
    truth.is_follow.add(row.truth.follow);
    this.watch?.add(row);
  }

  /** All rows; nothing may be added after. */
  take(): Rows {
    const { columns, truth, watch } = this;
    return {
      user: this.user.take(),
      item: this.item.take(),
      time: this.time.take(),
      columns: { ...taken(columns), ...(watch && taken(watch.columns)) },
      truth: { ...taken(truth), ...(watch && taken(watch.truth)) },
    };
  }
}

/** What a log has besides where videos are watched. */
class WatchColumns {
  readonly columns = { playing_time_ms: floats(), duration_ms: floats(), finished: floats() };
  readonly truth = { finished: floats() };

  add(row: Impression): void {
    this.columns.playing_time_ms.add(row.playedMs);
    this.columns.duration_ms.add(row.durationMs);
    this.columns.finished.add(row.finished);
    this.truth.finished.add(row.truth.finished);
  }
}

function taken(columns: Readonly<Record<string, Column<Float32Array>>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.take()]));
}
