/**
 * The HTTP server: listens, finds the route, runs its handler, answers, counts and logs.
 *
 * Closing is graceful: no new connections, requests under way are finished within a bound, then
 * what is left is cut off.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { Logger } from 'pino';
import type { Counter, Histogram, MetricRegistry } from '../metrics/registry.ts';
import { RequestBody } from './body.ts';
import { errorAnswer, internalError } from './error-answer.ts';
import { formatListenAddress, type ListenAddress } from './listen-address.ts';
import { HttpRequest } from './request.ts';
import type { HttpAnswer, Route } from './route.ts';
import { createRouter, type RouteMatch, type Router } from './router.ts';
import { sendAnswer } from './send.ts';

export interface HttpServerOptions {
  readonly listen: ListenAddress;
  /** Served until `serve` says what takes their place. */
  readonly router: Router;
  readonly registry: MetricRegistry;
  readonly log: Logger;
  /** Largest request body taken, as sent and decompressed. */
  readonly bodyBytesMax: number;
  /** Connections open at once; more are refused. */
  readonly connectionsMax: number;
}

/** A client has so long to send its headers, and its whole request. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Long PromQL comes in the URL of a GET. */
const HEADER_BYTES_MAX = 128 * 1024;
/** Requests under way get so long when the server closes; then they are told that it does. */
const CLOSE_GRACE_MS = 3000;
/** And so long for that answer. */
const CLOSE_ANSWER_MS = 1000;

/** How a code of `listen` reads to an operator. */
const LISTEN_REASONS: Readonly<Record<string, readonly [why: string, mend: string]>> = {
  EADDRINUSE: [
    'another program listens there already',
    'Stop it, or choose another port with --listen.',
  ],
  EACCES: ['ports below 1024 need more rights', 'Choose a port above 1023 with --listen.'],
  EADDRNOTAVAIL: ['this host has no such address', 'Choose one of its addresses with --listen.'],
  ENOTFOUND: ['the host name does not resolve', 'Give an address with --listen.'],
};

export class HttpServer {
  readonly #options: HttpServerOptions;
  #router: Router;
  readonly #server: Server;
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #closing = new AbortController();
  #requestCount = 0;
  #connections = 0;

  private constructor(options: HttpServerOptions) {
    const { registry } = options;
    this.#options = options;
    this.#router = options.router;
    this.#requests = registry.counter({
      name: 'mon_http_requests_total',
      help: 'Requests answered, by route and status code.',
      labels: ['handler', 'code'],
    });
    this.#seconds = registry.histogram({
      name: 'mon_http_request_duration_seconds',
      help: 'Time from a request to its answer, by route.',
      labels: ['handler'],
    });
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (message, response) => {
      void this.#serve(message, response);
    });
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
    this.#server.maxConnections = options.connectionsMax;
    registry.gauge(
      { name: 'mon_http_connections', help: 'Connections that are open.' },
      () => this.#connections,
    );
    this.#server.on('connection', (socket) => {
      this.#connections++;
      socket.once('close', () => this.#connections--);
    });
  }

  /** @throws MonError `cannot-listen` */
  static async start(options: HttpServerOptions): Promise<HttpServer> {
    const http = new HttpServer(options);
    const { host, port } = options.listen;
    try {
      await new Promise<void>((resolve, reject) => {
        http.#server.once('error', reject);
        http.#server.listen({ host, port }, () => resolve());
      });
    } catch (cause) {
      throw cannotListen(options.listen, cause);
    }
    return http;
  }

  /** Serves these routes from the next request on. */
  serve(routes: readonly Route[]): void {
    this.#router = createRouter(routes);
  }

  /** Where it is reached from this host. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    const host = address === '::' ? '::1' : address === '0.0.0.0' ? '127.0.0.1' : address;
    return `http://${formatListenAddress({ host, port })}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const end = () => this.#server.closeAllConnections();
    const timers = [
      setTimeout(() => this.#closing.abort(), CLOSE_GRACE_MS),
      setTimeout(end, CLOSE_GRACE_MS + CLOSE_ANSWER_MS),
    ];
    await closed;
    for (const timer of timers) clearTimeout(timer);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const id = `${process.pid.toString(36)}-${(++this.#requestCount).toString(36)}`;
    const target = message.url ?? '/';
    const split = target.indexOf('?');
    const path = split < 0 ? target : target.slice(0, split);
    const body = new RequestBody(message, this.#options.bodyBytesMax);
    let match: RouteMatch | undefined;
    let answer: HttpAnswer;
    try {
      match = this.#router(message.method ?? 'GET', path);
      const request = new HttpRequest({
        id,
        method: match.route.method,
        path,
        search: split < 0 ? '' : target.slice(split + 1),
        headers: message.headers,
        params: match.params,
        body,
        signal: () => this.#signalOf(response),
      });
      answer = await match.route.handle(request);
    } catch (thrown) {
      answer = errorAnswer(this.#told(id, thrown));
    }
    try {
      await body.discard();
      response.setHeader('x-request-id', id);
      if (!this.#server.listening) response.setHeader('connection', 'close');
      await sendAnswer(answer, { message, response });
    } catch (thrown) {
      this.#options.log.warn({ request: id, reason: reasonOf(thrown) }, 'answer not sent');
      response.destroy();
    }
    this.#note({ id, method: message.method ?? '', path, status: answer.status, startedMs, match });
  }

  /** Aborted when the client is gone before the answer, or the server's grace is over. */
  #signalOf(response: ServerResponse): AbortSignal {
    const gone = new AbortController();
    if (response.destroyed) gone.abort();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    return AbortSignal.any([gone.signal, this.#closing.signal]);
  }

  /** The error that the client is told of. */
  #told(id: string, thrown: unknown): MonError {
    if (!(thrown instanceof MonError)) return this.#bug(id, thrown);
    // Not canceled by whoever asked.
    if (thrown.code === 'query-canceled' && this.#closing.signal.aborted) return closing(thrown);
    return thrown;
  }

  #bug(id: string, thrown: unknown): MonError {
    this.#options.log.error({ request: id, err: thrown }, 'bug while answering a request');
    return internalError(id, thrown);
  }

  #note(exchange: {
    id: string;
    method: string;
    path: string;
    status: number;
    startedMs: number;
    match: RouteMatch | undefined;
  }): void {
    const { id, method, path, status, startedMs, match } = exchange;
    const ms = performance.now() - startedMs;
    const handler = match?.route.path ?? 'none';
    this.#requests.add(1, handler, String(status));
    this.#seconds.observe(ms / 1000, handler);
    const level = status >= 500 ? 'warn' : 'debug';
    if (!this.#options.log.isLevelEnabled(level)) return;
    const fields = { request: id, method, path, status, ms: Math.round(ms * 10) / 10 };
    this.#options.log[level](fields, 'request');
  }
}

function cannotListen(listen: ListenAddress, cause: unknown): MonError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const [why, mend] = LISTEN_REASONS[code] ?? [
    reasonOf(cause),
    'Choose another address with --listen.',
  ];
  return new MonError({
    code: 'cannot-listen',
    what: `Cannot listen on ${formatListenAddress(listen)}`,
    why,
    mend,
    cause,
  });
}

function closing(cause: MonError): MonError {
  return new MonError({
    code: 'closing',
    what: 'Cannot finish the request',
    why: 'the server is being stopped',
    mend: 'Try again when it is back.',
    retryable: true,
    cause,
  });
}
