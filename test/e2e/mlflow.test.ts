import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MetricsRecord } from '../../src/runs/index.js';
import { describeIf, runBin, temporaryFolder } from '../support/index.js';
import { runHere } from '../support/runHere.js';

const program = process.env.MVREC_TEST_MLFLOW ?? '';
const folder = temporaryFolder();
const resultsDir = join(folder, 'results');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describeIf(program !== '', 'MVREC_TEST_MLFLOW does not name the program mlflow of the Python package')(
  'tracking: mlflow, on the real server',
  () => {
    let server: ChildProcess;
    let uri: string;

    async function ask<T>(path: string, body?: object): Promise<T> {
      const options = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      const response = await fetch(`${uri}/api/2.0/${path}`, body && options);
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as T;
    }

    beforeAll(async () => {
      const port = await freePort();
      uri = `http://127.0.0.1:${port}`;
      const args = [
        'server',
        ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
        ...['--artifacts-destination', join(folder, 'artifacts')],
      ];
      server = spawn(program, args, { cwd: folder, stdio: 'ignore', detached: true });
      const isUp = () =>
        fetch(`${uri}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
      while (server.exitCode === null && !(await isUp())) await setTimeout(200);
      writeFileSync(
        join(folder, 'mvrec.config.yaml'),
        'tracking: { mlflow: { experiment: small worlds } }\n',
      );
      writeFileSync(
        join(folder, 'tiny.yaml'),
        `data: { source: { world: quickstart, scale: 0.05 } }
model: { name: bpr, factors: 4 }
train: { epochs: 30, batchSize: 64, patience: null, checkpointSteps: 10 }
evaluate: { metrics: [auc, ndcg@10] }
engine: { name: cpu }
`,
      );
    });

    // Its workers too.
    afterAll(() => {
      if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGKILL');
    });

    it('shows a run as it was, an interruption and a resume being one run there', async () => {
      const env = {
        MVREC_RESULTS_DIR: resultsDir,
        MVREC_DATA_DIR: join(folder, 'data'),
        MLFLOW_TRACKING_URI: uri,
      };
      const stopped = await runBin(['train', 'tiny.yaml', '--verbose'], {
        cwd: folder,
        env,
        timeout: 200_000,
        onOutput: (text, kill) => /epoch 3\b/.test(text) && kill('SIGINT'),
      });
      expect(stopped.code).toBe(130);
      const found = () =>
        ask<{ experiments: { experiment_id: string; name: string }[] }>('mlflow/experiments/search', {
          max_results: 10,
        });
      const { experiment_id } = (await found()).experiments.find(({ name }) => name === 'small worlds')!;
      const runs = async () => {
        const body = { experiment_ids: [experiment_id] };
        const { runs } = await ask<{ runs: MlflowRun[] }>('mlflow/runs/search', body);
        expect(runs).toHaveLength(1);
        return runs[0]!;
      };
      expect((await runs()).info.status).toBe('KILLED');

      const resumed = await runHere(['train', '--resume', 'latest', '--json'], { cwd: folder, env });
      expect(resumed.code).toBe(0);
      const { run: id, directory, metrics } = JSON.parse(resumed.stdout);
      const { info, data } = await runs();
      expect([info.status, info.run_name]).toEqual(['FINISHED', id]);
      const params = Object.fromEntries(data.params.map(({ key, value }) => [key, value]));
      expect(params).toMatchObject({ 'model.name': 'bpr', 'train.epochs': '30', seed: '1' });
      const tags = Object.fromEntries(data.tags.map(({ key, value }) => [key, value]));
      expect(tags).toMatchObject({ 'mvrec.run': `tiny/${id}`, 'mvrec.model': 'bpr' });
      const last = Object.fromEntries(data.metrics.map(({ key, value }) => [key, value]));
      expect(last['test/auc']).toBeCloseTo(metrics.test.auc, 12);
      expect(last['test/ndcg_at_10']).toBeCloseTo(metrics.test['ndcg@10'], 12);

      // Every epoch once, though those around the interruption may have been done twice.
      const history = await ask<{ metrics: { value: number; step: number }[] }>(
        `mlflow/metrics/get-history?run_id=${info.run_id}&metric_key=${encodeURIComponent('validation/auc')}`,
      );
      const curve = readFileSync(join(directory, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as MetricsRecord);
      expect(history.metrics.map(({ step, value }) => [Number(step), value])).toEqual(
        curve.map(({ step, metrics }) => [step, metrics.validation!.auc]),
      );

      const { files } = await ask<{ files: { path: string }[] }>(
        `mlflow/artifacts/list?run_id=${info.run_id}`,
      );
      expect(files.map(({ path }) => path).sort()).toEqual([
        'evaluation.json',
        'experiment.yaml',
        'metrics.jsonl',
        'run.json',
      ]);
      const place = `${uri}/get-artifact?path=experiment.yaml&run_uuid=${info.run_id}`;
      const kept = await (await fetch(place)).text();
      expect(kept).toBe(readFileSync(join(directory, 'experiment.yaml'), 'utf8'));
    });
  },
);

interface MlflowRun {
  readonly info: { readonly run_id: string; readonly status: string; readonly run_name: string };
  readonly data: Readonly<
    Record<'params' | 'tags', readonly { readonly key: string; readonly value: string }[]>
  > & { readonly metrics: readonly { readonly key: string; readonly value: number }[] };
}
