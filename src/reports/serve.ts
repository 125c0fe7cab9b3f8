import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { UserError } from '../base/index.js';
import type { Settings } from '../config/index.js';
import { escapeHtml } from './formats/escape.js';
import { contentPolicy, htmlOf, page } from './formats/html.js';
import { gather } from './gather.js';
import { reportOf } from './report.js';
import type { Target } from './targets.js';

/** Seconds until a page whose runs are going is loaded again. */
const refreshSeconds = 5;

export interface ServeRequest {
  /** What there is to show, asked at every look at the index: new runs come along. */
  targets(): Promise<readonly Target[]>;
  readonly settings: Settings;
  /** Name or address to listen at. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Told of what no user can be blamed for; the page says that something went wrong. */
  onError(error: unknown): void;
}

export interface ReportServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves reports, read anew at every look. It answers GET and HEAD alone, and only those that ask for it by the name it was started
 * with or by a loopback name, so that a page elsewhere cannot read it through a name of its own (DNS rebinding).
 *
 * @throws UserError where the place is taken or not to be had
 */
export async function serveReports(request: ServeRequest): Promise<ReportServer> {
  const { host, port, onError } = request;
  const server = createServer((incoming, response) => {
    answer(incoming, request).then(
      (reply) => send(response, reply, incoming.method === 'HEAD'),
      (error: unknown) => {
        onError(error);
        send(response, failure(500, 'This report could not be made.'), incoming.method === 'HEAD');
      },
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await listen(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function explained(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError(
        `port ${port} of ${host} is in use`,
        'Give another with --port, or --port 0 for one that is free.',
      );
    case 'EACCES':
      return new UserError(`no permission to listen at port ${port}`, 'Give one from 1024 with --port.');
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(
        `this machine has no address ${host}`,
        'Leave --host out, or give an address of this machine.',
      );
    default:
      return error;
  }
}

interface Reply {
  readonly status: number;
  readonly body: string;
  /** Whether the reader should come again by itself. */
  readonly going?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(incoming: IncomingMessage, request: ServeRequest): Promise<Reply> {
  if (!isOurs(incoming.headers.host, request.host)) {
    return failure(421, 'This server does not answer to that name.');
  }
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
    return { ...failure(405, 'These reports can be read, nothing else.'), headers: { Allow: 'GET, HEAD' } };
  }
  try {
    return await show((incoming.url ?? '/').split('?')[0]!, request);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...failure(500, error.message), going: true }; // perhaps it is just being written
  }
}

/** The only report, the index of several, or one of them. */
async function show(path: string, { targets: find, settings }: ServeRequest): Promise<Reply> {
  const targets = await find();
  if (path === '/' && targets.length !== 1) return index(targets, settings);
  const target = path === '/' ? targets[0] : targets.find(({ id }) => path === addressOf(id));
  if (!target) return failure(404, 'There is no such report.');
  const report = reportOf(await gather(target, settings));
  return { status: 200, body: await htmlOf([report]), going: report.going };
}

const addressOf = (id: string): string => `/report/${encodeURIComponent(id)}`;

/** Every report with how far it is. */
async function index(targets: readonly Target[], settings: Settings): Promise<Reply> {
  let going = false;
  const items: string[] = [];
  for (const target of targets) {
    let text: string;
    try {
      const material = await gather(target, settings);
      const done = material.entries.filter(({ metrics }) => metrics !== null).length;
      going ||= material.going;
      const state = material.going ? ' <span class="going">going on</span>' : '';
      const subtitle = material.subtitle
        ? ` <span class="muted">${escapeHtml(material.subtitle)}</span>`
        : '';
      text = `<a href="${escapeHtml(addressOf(target.id))}">${escapeHtml(material.title)}</a>${subtitle}: ${done} of ${material.entries.length} runs have results${state}`;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      text = `${escapeHtml(target.id)}: ${escapeHtml(error.message)}`;
    }
    items.push(`<li>${text}</li>`);
  }
  const list = items.length > 0 ? `<ul>${items.join('\n')}</ul>` : '<p>There is nothing to report yet.</p>';
  const body = page('Reports', `<main><h1>Reports</h1>${list}</main>`);
  return { status: 200, body, going: going || items.length === 0 };
}

function failure(status: number, text: string): Reply {
  return { status, body: page('mvrec', `<main><h1>${status}</h1><p>${escapeHtml(text)}</p></main>`) };
}

function send(response: ServerResponse, { status, body, going, headers }: Reply, headOnly: boolean): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': `${contentPolicy}; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...(going && { Refresh: String(refreshSeconds) }),
    ...headers,
  });
  response.end(headOnly ? undefined : body);
}

/** Whether a request was meant for this server: by the name it was told, by a loopback name, or, where it listens at all addresses, by any address. */
function isOurs(header: string | undefined, host: string): boolean {
  const name = header
    ?.replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (!name) return false;
  const everywhere = host === '0.0.0.0' || host === '::';
  return name === host.toLowerCase() || isLoopback(name) || (everywhere && isIP(name) !== 0);
}

/** Names that no one else can make point elsewhere. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
