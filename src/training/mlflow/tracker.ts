import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment, MlflowSettings } from '../../config/index.js';
import { type MetricsRecord, type Run, type RunState, readJson, writeJson } from '../../runs/index.js';
import { isRefusal, MlflowClient, type MlflowMetric, type MlflowRun, type MlflowStatus } from './client.js';
import { metricsOf, paramsOf, tagsOf } from './values.js';

/** In the run's folder: which run of which server it is, so that a resume goes on with that. */
interface TrackedRun extends MlflowRun {
  readonly uri: string;
  /** Epochs that the server has; -1 where it has no parameters yet. */
  readonly epochs: number;
}

const file = 'mlflow.json';
const artefacts = ['experiment.yaml', 'run.json', 'evaluation.json', 'metrics.jsonl'];

/** Most epochs that wait for the server; older ones are left out there. */
const mostWaiting = 10_000;

/** Milliseconds. */
const times = {
  /** Between two deliveries, so that short epochs go together. */
  rest: 1000,
  /** Without an attempt after one that failed. */
  afterFailure: 30_000,
  /** That the end of a run waits for the server, at most. */
  end: 5000,
};

const statusOf: Readonly<Partial<Record<RunState, MlflowStatus>>> = {
  finished: 'FINISHED',
  diverged: 'FAILED',
  failed: 'FAILED',
};

/**
 * Tells an MLflow server of a run, beside the training and never in its way: what is to be told waits here, delivery goes on
 * between steps, and a server that does not answer is tried again now and then. Told once, in a note; everything is in the run's
 * folder anyway.
 */
export class MlflowTracker {
  private readonly client: MlflowClient;
  private tracked: TrackedRun | null = null;
  private waiting: Waiting[] = [];
  private working: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private notBefore = 0;
  /** What earlier processes did while the server was not told waits with the rest. */
  private caughtUp = false;
  private warned = false;
  private ended = false;

  constructor(
    private readonly run: Run,
    private readonly experiment: Experiment,
    private readonly settings: MlflowSettings,
    private readonly note: (text: string) => void,
  ) {
    this.client = new MlflowClient(settings.uri);
    this.poke();
  }

  /** An epoch is over. */
  epoch(record: MetricsRecord): void {
    this.waiting.push(waitingOf(record));
    if (this.waiting.length > mostWaiting) this.waiting.shift();
    this.poke();
  }

  /** The run has come to an end, or to a stop. Waits for the server some seconds at most. */
  async end(state: RunState, final: MetricsRecord | null): Promise<void> {
    this.ended = true;
    if (this.timer) clearTimeout(this.timer);
    if (final) this.waiting.push({ ...waitingOf(final), epoch: Number.POSITIVE_INFINITY });
    const last = (this.working ?? Promise.resolve()).then(() => this.attempt(() => this.close(state)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), times.end);
    });
    if ((await Promise.race([last, late])) === 'late') this.warn(slow);
    clearTimeout(timer);
    this.client.stop();
  }

  /** Delivers, as soon as it is time to. */
  private poke(): void {
    if (this.working || this.timer || this.ended) return;
    const wait = Math.max(0, this.notBefore - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.working = this.attempt(() => this.deliver()).finally(() => {
        this.working = null;
        if (this.waiting.length > 0) this.poke();
      });
    }, wait);
    this.timer.unref();
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.notBefore = performance.now() + times.rest;
    } catch (error) {
      this.notBefore = performance.now() + times.afterFailure;
      this.warn(reasonOf(error));
    }
  }

  private warn(reason: string): void {
    if (this.warned) return;
    this.warned = true;
    this.note(`note: the MLflow server ${this.settings.uri} is not told of this run for now: ${reason}`);
  }

  private async deliver(): Promise<void> {
    this.tracked ??= await this.open();
    if (this.tracked.epochs < 0) {
      await this.client.logParams(this.tracked.run, paramsOf(this.experiment));
      await this.keep({ ...this.tracked, epochs: 0 });
    }
    if (!this.caughtUp) this.catchUp();
    // An epoch that is done once more after a resume has the same numbers.
    const due = this.waiting.filter(({ epoch }) => epoch > this.tracked!.epochs);
    const sent = new Set(this.waiting);
    await this.client.logMetrics(
      this.tracked.run,
      due.flatMap(({ metrics }) => metrics),
    );
    this.waiting = this.waiting.filter((one) => !sent.has(one)); // others may have come meanwhile
    const epochs = due.map(({ epoch }) => epoch).filter(Number.isFinite);
    if (epochs.length > 0) await this.keep({ ...this.tracked, epochs: Math.max(...epochs) });
  }

  private async close(state: RunState): Promise<void> {
    await this.deliver();
    const { client } = this;
    const tracked = this.tracked!;
    let refused = false;
    for (const name of state === 'finished' ? artefacts : []) {
      const contents = await readFile(join(this.run.directory, name)).catch(() => null);
      if (contents && !refused) refused = !(await client.upload(tracked, name, contents));
    }
    if (refused) this.note(`note: the MLflow server takes no artefacts (${tracked.artifacts})`);
    await client.setStatus(tracked.run, statusOf[state] ?? 'KILLED', Date.now());
  }

  /** Goes on with the run that this one was there, or begins one. */
  private async open(): Promise<TrackedRun> {
    const { uri } = this.settings;
    const { record } = this.run;
    const before = await readJson<TrackedRun>(join(this.run.directory, file)).catch(() => null);
    if (before?.uri === uri) {
      try {
        await this.client.setStatus(before.run, 'RUNNING', null);
        return before;
      } catch (error) {
        if (!isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) throw error; // it was deleted there
      }
    }
    const experiment = await this.client.experiment(this.settings.experiment ?? record.name);
    const made = await this.client.createRun(
      experiment,
      record.id,
      Date.parse(record.created),
      tagsOf(record),
    );
    return this.keep({ uri, ...made, epochs: -1 });
  }

  private catchUp(): void {
    const first = this.waiting[0]?.epoch ?? Number.POSITIVE_INFINITY;
    const earlier = this.run.readMetrics().filter(({ epoch }) => epoch < first);
    this.waiting.unshift(...earlier.map(waitingOf));
    this.caughtUp = true;
  }

  private async keep(tracked: TrackedRun): Promise<TrackedRun> {
    this.tracked = tracked;
    await writeJson(join(this.run.directory, file), tracked);
    return tracked;
  }
}

interface Waiting {
  readonly epoch: number;
  readonly metrics: readonly MlflowMetric[];
}

const waitingOf = (record: MetricsRecord): Waiting => ({
  epoch: record.epoch,
  metrics: metricsOf(record, Date.now()),
});

const slow = 'it does not answer in time';

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return slow;
  const { code, message: why } = (cause ?? {}) as { code?: string; message?: string };
  return code ?? why ?? message;
}
