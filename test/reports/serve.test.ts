import { renameSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { type ReportServer, serveReports, targetsOf } from '../../src/reports/index.js';
import { isLoopback } from '../../src/reports/serve.js';
import { openRun } from '../../src/runs/index.js';
import { newRun } from '../runs/fixture.js';
import { temporaryFolder } from '../support/index.js';
import { hostile, sweepFolder } from './fixture.js';

const results = temporaryFolder();
const settings = { resultsDir: results, dataDir: results, cacheDir: results };
const file = { on: undefined, set: undefined, engine: undefined, name: undefined };
const sweep = 'nasty-0123abcd';
const errors: unknown[] = [];
const servers: ReportServer[] = [];

beforeAll(() => sweepFolder(results, sweep, [hostile.html, hostile.markdown, hostile.formula]));
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  expect(errors).toEqual([]);
});

async function serve(words: readonly string[] = [], change: { host?: string; port?: number } = {}) {
  const server = await serveReports({
    targets: () => targetsOf({ words, file }, settings),
    settings,
    host: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
    ...change,
  });
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(
  url: string,
  path: string,
  { method = 'GET', host }: { method?: string; host?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, url),
      { method, ...(host && { headers: { Host: host } }) },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      },
    );
    call.on('error', reject).end();
  });
}

it('serves a report, with names as text, and forbids the page everything', async () => {
  const { url } = await serve([sweep]);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const { status, headers, body } = await ask(url, '/');
  expect(status).toBe(200);
  expect(body).toContain('&lt;script&gt;alert(&quot;x&quot;)');
  expect(body).not.toMatch(/<script|<img/);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none'; style-src 'sha256-[^;]+'; base-uri 'none'/,
    ),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(headers.refresh).toBeUndefined(); // nothing is going
});

it('lists several, each at an address of its own', async () => {
  const run = await newRun(results);
  const { url } = await serve();
  const { body } = await ask(url, '/');
  expect(body).toContain(`href="/report/${sweep}"`);
  expect(body).toContain('4 of 6 runs have results');
  expect((await ask(url, '/report/quickstart')).body).toContain(run.id);
  expect((await ask(url, '/report/none')).status).toBe(404);
  expect((await ask(url, '/report/..%2f..%2fetc%2fpasswd')).status).toBe(404);
});

it('is loaded again while a run is going, with its curve', async () => {
  const run = await openRun(results, (await newRun(results)).directory);
  await run.lock();
  await run.setStatus('running');
  run.appendMetrics({ epoch: 1, step: 1, metrics: { train: { loss: 0.6 } } });
  run.appendMetrics({ epoch: 2, step: 2, metrics: { train: { loss: 0.5 } } });
  const { url } = await serve([run.id]);
  const going = await ask(url, '/');
  expect(going.headers.refresh).toBe('5');
  expect(going.body).toContain('Runs are going on.');
  expect(going.body).toContain('from 0.6000 in epoch 1 to 0.5000 in epoch 2');
  await run.setStatus('interrupted');
  await run.unlock();
  expect((await ask(url, '/')).headers.refresh).toBeUndefined();
});

it('says what is wrong with what it shows, and goes on', async () => {
  const at = join(results, sweep, 'cells.json');
  const { url } = await serve([sweep]);
  renameSync(at, `${at}.away`);
  const { status, headers, body } = await ask(url, '/');
  expect([status, headers.refresh]).toEqual([500, '5']);
  expect(body).toContain('the file is missing');
  renameSync(`${at}.away`, at);
  expect((await ask(url, '/')).status).toBe(200);
});

it('can be read and nothing else', async () => {
  const { url } = await serve([sweep]);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const { status, headers } = await ask(url, '/', { method });
    expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
  }
  const head = await ask(url, '/', { method: 'HEAD' });
  expect([head.status, head.body]).toEqual([200, '']);
  expect(Number(head.headers['content-length'])).toBeGreaterThan(1000);
});

it('answers to loopback names alone, whatever they point at', async () => {
  const { url } = await serve([sweep]);
  const { port } = new URL(url);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`]) {
    expect([host, (await ask(url, '/', { host })).status]).toEqual([host, 200]);
  }
  for (const host of [
    `evil.example:${port}`,
    `127.0.0.1.evil.example`,
    'localhost.evil.example',
    '0.0.0.0',
  ]) {
    const { status, body } = await ask(url, '/', { host });
    expect([host, status]).toEqual([host, 421]);
    expect(body).not.toContain('alert');
  }
  expect(isLoopback('127.300')).toBe(false);
});

it('says in one line that a port is taken, or an address is none of this machine', async () => {
  const { url } = await serve([sweep]);
  const port = Number(new URL(url).port);
  await expect(serve([sweep], { port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
  await expect(serve([sweep], { host: '192.0.2.1' })).rejects.toThrow(
    'this machine has no address 192.0.2.1',
  );
});
