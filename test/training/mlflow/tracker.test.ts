import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Experiment } from '../../../src/config/index.js';
import type { MetricsRecord, Run } from '../../../src/runs/index.js';
import { MlflowTracker } from '../../../src/training/mlflow/tracker.js';
import { temporaryFolder } from '../../support/index.js';

type Asked = { readonly path: string; readonly body: Record<string, unknown>; readonly credentials?: string };

// What the real server does with it is tested in test/e2e/mlflow.test.ts; here one that misbehaves.
let server: Server;
let asked: Asked[];
let answer: (path: string, response: ServerResponse) => void;
const say = (response: ServerResponse, value: object, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};
const usual = (path: string, response: ServerResponse): void => {
  if (path.startsWith('experiments/')) say(response, { experiment: { experiment_id: '4' } });
  else if (path === 'runs/create') {
    say(response, { run: { info: { run_id: 'm1', artifact_uri: 'mlflow-artifacts:/4/m1/artifacts' } } });
  } else say(response, {});
};

async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const path = request.url!.replace(/^\/under\/api\/2\.0\/(mlflow\/)?/, '');
  const json = request.headers['content-type'] === 'application/json' && text !== '';
  const { authorization: credentials } = request.headers;
  asked.push({ path, body: json ? JSON.parse(text) : { text }, ...(credentials && { credentials }) });
  answer(path, response);
}

let folder: string;
let address: string;
let notes: string[];
beforeEach(async () => {
  folder = temporaryFolder();
  notes = [];
  asked = [];
  answer = usual;
  server = createServer((request, response) => void onRequest(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/under`;
});
afterEach(() => {
  delete process.env.MLFLOW_TRACKING_TOKEN;
  return closed();
});

function closed(): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

const record = (epoch: number): MetricsRecord => ({
  epoch,
  step: epoch * 10,
  metrics: { train: { loss: 1 / epoch } },
});
const provenance = {
  git: null,
  versions: { mvrec: '0' },
  engine: { name: 'cpu', device: 'cpu' },
  data: { name: 'd', fingerprint: 'f', caveat: null },
  command: [],
};

function track(earlier: readonly MetricsRecord[] = []) {
  const run = {
    directory: folder,
    record: { id: 'r1', name: 'tiny', model: 'bpr', created: '2026-01-02T03:04:05.000Z', provenance },
    readMetrics: () => earlier,
  } as unknown as Run;
  const experiment = { seed: 1 } as unknown as Experiment;
  return new MlflowTracker(run, experiment, { uri: address, experiment: null }, (text) => notes.push(text));
}
const paths = (): string[] => asked.map(({ path }) => path);
const stepsSent = (): unknown[] =>
  asked.flatMap(({ body }) => ((body.metrics ?? []) as { step: number }[]).map(({ step }) => step));

describe('an MLflow server', () => {
  it('is told of parameters, epochs, the end and the files of a run', async () => {
    process.env.MLFLOW_TRACKING_TOKEN = 'secret';
    writeFileSync(join(folder, 'experiment.yaml'), 'seed: 1\n');
    const tracker = track();
    tracker.epoch(record(1));
    tracker.epoch(record(2));
    await tracker.end('finished', { ...record(2), metrics: { test: { auc: 0.6 } } });
    expect(paths()).toEqual([
      'experiments/get-by-name?experiment_name=tiny',
      'runs/create',
      'runs/log-batch',
      'runs/log-batch',
      'mlflow-artifacts/artifacts/4/m1/artifacts/experiment.yaml',
      'runs/update',
    ]);
    expect(asked[1]!.body).toMatchObject({ experiment_id: '4', run_name: 'r1', start_time: 1767323045000 });
    expect(asked[2]!.body).toEqual({ run_id: 'm1', params: [{ key: 'seed', value: '1' }] });
    expect((asked[3]!.body.metrics as object[]).map((metric) => ({ ...metric, timestamp: 0 }))).toEqual([
      { key: 'train/loss', value: 1, step: 10, timestamp: 0 },
      { key: 'train/loss', value: 0.5, step: 20, timestamp: 0 },
      { key: 'test/auc', value: 0.6, step: 20, timestamp: 0 },
    ]);
    expect(asked[4]!.body).toEqual({ text: 'seed: 1\n' });
    expect(asked[5]!.body).toMatchObject({ run_id: 'm1', status: 'FINISHED' });
    expect(new Set(asked.map(({ credentials }) => credentials))).toEqual(new Set(['Bearer secret']));
    expect(readFileSync(join(folder, 'mlflow.json'), 'utf8')).not.toContain('secret');
    expect(notes).toEqual([]);
  });

  it.each([
    ['interrupted', 'KILLED'],
    ['diverged', 'FAILED'],
    ['failed', 'FAILED'],
    ['pruned', 'KILLED'],
  ] as const)('is told that a run was %s', async (state, status) => {
    await track().end(state, null);
    expect(asked.at(-1)!.body).toMatchObject({ status });
  });

  it('is told of the same run after a resume: of what it does not have, once', async () => {
    const first = track();
    first.epoch(record(1));
    first.epoch(record(2));
    await first.end('interrupted', null);
    asked = [];
    // It has epochs 1 and 2; epoch 3 was done while it was not told.
    const second = track([record(1), record(2), record(3)]);
    second.epoch(record(4));
    await second.end('finished', null);
    expect(asked[0]).toMatchObject({ path: 'runs/update', body: { run_id: 'm1', status: 'RUNNING' } });
    expect(paths()).not.toContain('runs/create');
    expect(stepsSent()).toEqual([30, 40]);
  });

  it('is told of a new run where it has lost the old one', async () => {
    await track().end('interrupted', null);
    asked = [];
    answer = (path, response) => {
      const gone = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run with id=m1 not found' };
      if (path === 'runs/update' && asked.length === 1) say(response, gone, 404);
      else usual(path, response);
    };
    await track([record(1)]).end('finished', null);
    expect(paths()).toContain('runs/create');
    expect(stepsSent()).toEqual([10]);
  });

  it('makes the experiment, be it at the same time as another process', async () => {
    answer = (path, response) => {
      const times = asked.filter((one) => one.path === path).length;
      if (path.startsWith('experiments/get') && times === 1) {
        say(response, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }, 404);
      } else if (path === 'experiments/create') {
        say(response, { error_code: 'RESOURCE_ALREADY_EXISTS', message: 'there is' }, 400);
      } else usual(path, response);
    };
    await track().end('finished', null);
    expect(paths().slice(0, 4)).toEqual([
      'experiments/get-by-name?experiment_name=tiny',
      'experiments/create',
      'experiments/get-by-name?experiment_name=tiny',
      'runs/create',
    ]);
  });

  it.each([
    ['is not there', 'ECONNREFUSED'],
    ['refuses', 'no more space'],
    ['is something else', 'it answers 502'],
    ['does not answer', 'it does not answer in time'],
  ])('that %s is told of once, and waited for some seconds', async (how, reason) => {
    if (how === 'is not there') await closed();
    answer = (_, response) => {
      if (how === 'refuses')
        say(response, { error_code: 'INTERNAL_ERROR', message: 'no more space\nat x' }, 500);
      if (how === 'is something else') response.writeHead(502).end('<html>');
    };
    const tracker = track();
    for (let epoch = 1; epoch <= 5; epoch++) {
      tracker.epoch(record(epoch));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await tracker.end('finished', null);
    expect(notes).toEqual([expect.stringMatching(`^note: the MLflow server .* is not told .*: ${reason}$`)]);
    expect(existsSync(join(folder, 'mlflow.json'))).toBe(false);
  });

  it('that comes back is told of all', async () => {
    answer = (_, response) => response.writeHead(503).end();
    const tracker = track();
    tracker.epoch(record(1));
    while (notes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    answer = usual;
    tracker.epoch(record(2));
    await tracker.end('finished', null);
    expect(stepsSent()).toEqual([10, 20]);
  });

  it('that takes no artefacts is told of all else', async () => {
    answer = (path, response) => {
      if (path !== 'runs/create') return usual(path, response);
      say(response, { run: { info: { run_id: 'm1', artifact_uri: 's3://bucket/4/m1' } } });
    };
    writeFileSync(join(folder, 'run.json'), '{}');
    await track().end('finished', null);
    expect(notes).toEqual(['note: the MLflow server takes no artefacts (s3://bucket/4/m1)']);
    expect(asked.at(-1)!.body).toMatchObject({ status: 'FINISHED' });
  });
});
