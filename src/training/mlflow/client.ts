/**
 * The part of MLflow's REST API that runs are told through: mlflow.org/docs/latest/api_reference/rest-api.html. Who asks is said
 * as MLflow's own client does: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
 */

/** Milliseconds for an answer. */
const patience = 5000;
/** Most in one `log-batch`. */
const most = { metrics: 1000, params: 100 };

export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

/** As they are sent. */
export type MlflowStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';
type Pairs = Readonly<Record<string, string>>;

export interface MlflowRun {
  readonly experiment: string;
  readonly run: string;
  /** Where artefacts belong, as the server names it. */
  readonly artifacts: string;
}

/** The server has refused, in its words. */
export class MlflowRefusal extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

export class MlflowClient {
  private readonly stopping = new AbortController();

  constructor(
    private readonly uri: string,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  /** The number of the experiment of that name, made where there is none. */
  async experiment(name: string): Promise<string> {
    const known = await this.knownExperiment(name);
    if (known !== null) return known;
    try {
      const { experiment_id } = await this.post<{ experiment_id: string }>('experiments/create', { name });
      return experiment_id;
    } catch (error) {
      if (!isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
      return (await this.knownExperiment(name))!; // another process was quicker
    }
  }

  /** Breaks off what is under way. */
  stop(): void {
    this.stopping.abort();
  }

  private async knownExperiment(name: string): Promise<string | null> {
    try {
      const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
      const { experiment } = await this.ask<{ experiment: { experiment_id: string } }>('GET', query);
      return experiment.experiment_id;
    } catch (error) {
      if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return null;
      throw error;
    }
  }

  async createRun(experiment: string, name: string, begun: number, tags: Pairs): Promise<MlflowRun> {
    const { run } = await this.post<{ run: { info: { run_id: string; artifact_uri: string } } }>(
      'runs/create',
      {
        experiment_id: experiment,
        run_name: name,
        start_time: begun,
        tags: pairs(tags),
      },
    );
    return { experiment, run: run.info.run_id, artifacts: run.info.artifact_uri };
  }

  /** @param ended milliseconds since 1970; null: it goes on */
  async setStatus(run: string, status: MlflowStatus, ended: number | null): Promise<void> {
    await this.post('runs/update', { run_id: run, status, ...(ended !== null && { end_time: ended }) });
  }

  async logParams(run: string, params: Pairs): Promise<void> {
    for (const part of parts(pairs(params), most.params)) {
      await this.post('runs/log-batch', { run_id: run, params: part });
    }
  }

  async logMetrics(run: string, metrics: readonly MlflowMetric[]): Promise<void> {
    for (const part of parts(metrics, most.metrics)) {
      await this.post('runs/log-batch', { run_id: run, metrics: part });
    }
  }

  /** @returns false where the server does not take artefacts itself */
  async upload({ artifacts }: MlflowRun, name: string, contents: Uint8Array): Promise<boolean> {
    const [, folder] = /^mlflow-artifacts:\/(?:\/[^/]*)?\/?(.*)$/.exec(artifacts) ?? [];
    if (folder === undefined) return false;
    const path = [...folder.split('/'), name].map(encodeURIComponent).join('/');
    await this.ask('PUT', `mlflow-artifacts/artifacts/${path}`, contents, '2.0/');
    return true;
  }

  private post<T>(path: string, body: object): Promise<T> {
    return this.ask('POST', path, JSON.stringify(body));
  }

  private async ask<T>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: string | Uint8Array,
    below = '2.0/mlflow/',
  ): Promise<T> {
    const response = await fetch(`${this.uri}/api/${below}${path}`, {
      method,
      signal: AbortSignal.any([AbortSignal.timeout(patience), this.stopping.signal]),
      headers: {
        'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream',
        ...this.credentials(),
      },
      ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
    });
    const text = await response.text();
    if (response.ok) return (text === '' ? {} : JSON.parse(text)) as T;
    throw refusal(response.status, text);
  }

  private credentials(): Readonly<Record<string, string>> {
    const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = this.env;
    if (user) {
      const both = `${user}:${this.env.MLFLOW_TRACKING_PASSWORD ?? ''}`;
      return { authorization: `Basic ${Buffer.from(both).toString('base64')}` };
    }
    return token ? { authorization: `Bearer ${token}` } : {};
  }
}

export const isRefusal = (error: unknown, code: string): boolean =>
  error instanceof MlflowRefusal && error.code === code;

function refusal(status: number, text: string): MlflowRefusal {
  try {
    const { message, error_code: code } = JSON.parse(text) as { message?: string; error_code?: string };
    if (message) return new MlflowRefusal(message.split('\n')[0]!, code ?? String(status));
  } catch {
    // what a proxy says is no JSON
  }
  return new MlflowRefusal(`it answers ${status}`, String(status));
}

const pairs = (of: Pairs) => Object.entries(of).map(([key, value]) => ({ key, value }));

function parts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
