/**
 * A server on a free port over a temporary directory, for tests of its HTTP API.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  resolveServerConfig,
  type ServerConfig,
  type ServerFlags,
} from '@mon/server/config/server-config';
import { type RunningServer, startServer } from '@mon/server/server';
import type { SampleColumns } from '@mon/storage/model/appender';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import { pino } from 'pino';
import type { Test } from 'tap';
import { request } from 'undici';

export const NOW_MS = 1_735_819_200_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body where it is JSON, else {}. */
  readonly json: JsonAnswer;
}

export interface JsonAnswer {
  readonly status?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly errorType?: string;
  readonly hint?: string;
  readonly code?: string;
  readonly [key: string]: unknown;
}

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** [time in ms, value] */
  readonly samples: readonly (readonly [number, number])[];
}

export class TestServer {
  readonly running: RunningServer;
  readonly clock: ManualClock;
  readonly config: ServerConfig;

  constructor(running: RunningServer, clock: ManualClock, config: ServerConfig) {
    this.running = running;
    this.clock = clock;
    this.config = config;
  }

  get url(): string {
    return this.running.url;
  }

  async ask(path: string, options: Parameters<typeof request>[1] = {}): Promise<Answer> {
    const answer = await request(this.url + path, options);
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: isJson ? (JSON.parse(text) as JsonAnswer) : {},
    };
  }

  form(path: string, parameters: Record<string, string>): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(parameters).toString(),
    });
  }

  postJson(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  write(body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('/api/v1/write', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        ...headers,
      },
      body: Buffer.from(body),
    });
  }
}

/** A remote-write 1.0 body. */
export function writeBody(
  series: readonly TestSeries[],
  metadata: readonly MetricMetadata[] = [],
): Uint8Array {
  return encodeRemoteWrite(testColumns(series), metadata);
}

export function testColumns(series: readonly TestSeries[]): SampleColumns {
  const offsets = [0];
  for (const { samples } of series) offsets.push((offsets.at(-1) ?? 0) + samples.length);
  return {
    labels: series.map(({ labels }) => labelsFromRecord(labels)),
    sampleOffsets: Uint32Array.from(offsets),
    timestampsMs: Float64Array.from(series.flatMap(({ samples }) => samples.map(([t]) => t))),
    values: Float64Array.from(series.flatMap(({ samples }) => samples.map(([, v]) => v))),
  };
}

/** Starts a server that stands at NOW_MS and is closed with the test. */
export async function startTestServer(
  t: Test,
  { flags = {}, yaml = '' }: { flags?: ServerFlags; yaml?: string } = {},
): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'mon-server-'));
  const clock = new ManualClock(NOW_MS);
  const config = resolveServerConfig({
    source: { file: join(dir, 'mon.yml'), text: yaml },
    flags: { listen: '127.0.0.1:0', dataDir: join(dir, 'data'), shards: 1, ...flags },
    surroundings: { hostname: 'test', cpus: 2, cwd: dir, environment: {} },
  });
  const log = pino({ level: 'silent' });
  const running = await startServer({ config, clock, log, monVersion: '0.0.0' });
  t.teardown(async () => {
    await running.close();
    await rm(dir, { recursive: true, force: true });
  });
  return new TestServer(running, clock, config);
}
