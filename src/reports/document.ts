/** A report as all formats write it: sections of text, tables and charts, and no word of any format in them. */
export interface Report {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string | null;
  /** Whether a process is at work on it. */
  readonly going: boolean;
  /** What to bear in mind before any number: simulated data, leaks, what is missing. */
  readonly notes: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  /** Unique in the report. */
  readonly id: string;
  readonly title: string;
  readonly text: readonly string[];
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
}

export interface Table {
  readonly caption: string;
  /** The first is the heads of the rows. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** What marks mean. */
  readonly legend: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export interface Cell {
  readonly text: string;
  readonly rank?: 'best' | 'second' | undefined;
  /** Stands raised behind the text. */
  readonly mark?: Mark | undefined;
}

/** Significantly better, or worse, than what it is held against. */
export type Mark = '*' | '†';

export type Chart = LineChart | BarChart | HeatMap;

interface ChartHead {
  readonly title: string;
  /** What the chart shows, for those who do not see it. */
  readonly description: string;
}

export interface LineChart extends ChartHead {
  readonly kind: 'lines';
  readonly x: string;
  readonly y: string;
  /** Where x counts groups from 0: their names. */
  readonly groups?: readonly string[];
  readonly series: readonly Series[];
}

/** Bounds of a value, where they are known. */
interface Spread {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Series {
  readonly name: string;
  /** Number of its colour, dashes and symbol; the same for a row in the whole report. */
  readonly style: number;
  /** By ascending x. */
  readonly points: readonly (Spread & { readonly x: number; readonly y: number })[];
}

export interface BarChart extends ChartHead {
  readonly kind: 'bars';
  readonly x: string;
  readonly bars: readonly (Spread & { readonly name: string; readonly value: number })[];
}

export interface HeatMap extends ChartHead {
  readonly kind: 'heat';
  readonly x: string;
  readonly y: string;
  /** Row by row, from the top. Of one width; null is left empty. */
  readonly values: readonly (readonly (number | null)[])[];
}

export const left = (title: string): Column => ({ title, align: 'left' });
export const right = (title: string): Column => ({ title, align: 'right' });
export const plain = (text: string): Cell => ({ text });

/** For the legend of tables that show it by their type. */
const rankLegend = 'Best in bold, second best underlined.';

/** What is to be said below a table where ranks are shown by type. */
export function legendOf({ rows, legend }: Table): readonly string[] {
  return rows.flat().some(({ rank }) => rank !== undefined) ? [rankLegend, ...legend] : legend;
}
