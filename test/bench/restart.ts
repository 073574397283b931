/**
 * A server under many new series, then killed: CPU and memory a new series, time to ready after kill
 * -9, memory before and after, and what a flush beside appends costs. Linux.
 *
 *     node test/bench/restart.ts [thousands of series] [scrapes]
 *
 * With 1,000 thousand (the default) it takes a minute or two of CPU.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRIC_NAME } from '@mon/storage/model/labels';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';

const SERIES = 1000 * Number(process.argv[2] ?? 1000);
const SCRAPES = Number(process.argv[3] ?? 3);
const PER_BODY = 2500;
const PER_HOST = 100;
const CONNECTIONS = 4;
const START_MS = Date.UTC(2026, 0, 5);
const COMMAND = join(import.meta.dirname, '../../packages/cli/bin/run.js');

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 });
const dir = mkdtempSync(join(tmpdir(), 'mon-bench-restart-'));
const port = await freePort();
let server: ChildProcess;

function bodyOf(first: number, scrape: number): Uint8Array {
  const labels = Array.from({ length: PER_BODY }, (_, i) => labelsOf(first + i));
  const timestampsMs = Float64Array.from({ length: PER_BODY }, () => START_MS + 15_000 * scrape);
  const values = Float64Array.from({ length: PER_BODY }, (_, i) => (first + i) * (scrape + 1));
  const sampleOffsets = Uint32Array.from({ length: PER_BODY + 1 }, (_, i) => i);
  return encodeRemoteWrite({ labels, sampleOffsets, timestampsMs, values });
}

function labelsOf(series: number): string[] {
  const host = Math.floor(series / PER_HOST);
  const metric = `metric_${series % 25}_bytes_total`;
  const labels = [METRIC_NAME, metric, 'arch', 'x64', 'datacenter', `eu-west-1${'abc'[host % 3]}`];
  labels.push('device', `nvme${Math.floor((series % PER_HOST) / 25)}`, 'hostname', `host-${host}`);
  labels.push(
    'instance',
    `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}:9100`,
    'job',
    'node',
  );
  labels.push('os', 'Ubuntu24.04LTS', 'rack', String(host % 97), 'region', 'eu-west-1');
  labels.push('service', `service-${host % 20}`, 'service_environment', 'production', 'team', 'SF');
  return labels;
}

function call(method: string, path: string, body?: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
    const options = { agent, port, path, method, host: '127.0.0.1', ...(body && { headers }) };
    const sent = request(options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function startServer(): Promise<number> {
  const startedAt = performance.now();
  const flags = ['server', '--data-dir', dir, '--listen', `127.0.0.1:${port}`];
  server = spawn(process.execPath, [COMMAND, ...flags], { stdio: 'ignore' });
  while ((await call('GET', '/-/ready').catch(() => 0)) !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startedAt;
}

/** CPU seconds and MiB of the server. */
function usage(): { readonly cpu: number; readonly rss: number; readonly peak: number } {
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const cpu = (Number(fields[11]) + Number(fields[12])) / 100;
  return { cpu, rss: kib('VmRSS') / 1024, peak: kib('VmHWM') / 1024 };
}

/** Pushes one scrape of all series; bodies are made beforehand, a few at a time. */
async function pushScrape(scrape: number): Promise<void> {
  const before = usage();
  let slowestMs = 0;
  let pushMs = 0;
  for (let first = 0; first < SERIES; first += 40 * PER_BODY) {
    const bodies: Uint8Array[] = [];
    for (let at = first; at < Math.min(first + 40 * PER_BODY, SERIES); at += PER_BODY) {
      bodies.push(bodyOf(at, scrape));
    }
    const startedAt = performance.now();
    const push = async (connection: number) => {
      for (let i = connection; i < bodies.length; i += CONNECTIONS) {
        const sentAt = performance.now();
        const status = await call('POST', '/api/v1/write', bodies[i]);
        if (status >= 300) throw new Error(`the server answered ${status}`);
        slowestMs = Math.max(slowestMs, performance.now() - sentAt);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => push(i)));
    pushMs += performance.now() - startedAt;
  }
  const after = usage();
  print(`scrape ${scrape + 1}`, {
    'us CPU a sample': ((after.cpu - before.cpu) * 1e6) / SERIES,
    'samples/s': SERIES / (pushMs / 1000),
    'RSS growth a series, bytes': ((after.rss - before.rss) * 1024 * 1024) / SERIES,
    'slowest request, ms': slowestMs,
  });
}

/** Flushes while one connection goes on appending. */
async function flushBeside(scrape: number): Promise<void> {
  const before = usage();
  const startedAt = performance.now();
  let isOver = false;
  let slowestMs = 0;
  const flushed = call('POST', '/-/flush').then(() => {
    isOver = true;
  });
  for (let first = 0; !isOver && first < SERIES; first += PER_BODY) {
    const body = bodyOf(first, scrape);
    const sentAt = performance.now();
    await call('POST', '/api/v1/write', body);
    slowestMs = Math.max(slowestMs, performance.now() - sentAt);
  }
  await flushed;
  const after = usage();
  print('flush', {
    seconds: (performance.now() - startedAt) / 1000,
    'CPU seconds, appends included': after.cpu - before.cpu,
    'slowest request beside it, ms': slowestMs,
    'peak RSS, MiB': after.peak,
  });
}

function print(title: string, figures: Readonly<Record<string, number>>): void {
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  process.stdout.write(`${title}: ${shown.join('; ')}\n`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

try {
  await startServer();
  for (let scrape = 0; scrape < SCRAPES; scrape++) await pushScrape(scrape);
  const { peak } = usage();
  const exited = once(server!, 'exit');
  server!.kill('SIGKILL');
  await exited;
  const readyMs = await startServer();
  print('restart after kill -9', {
    'ready, ms': readyMs,
    'CPU seconds': usage().cpu,
    'peak RSS, MiB': usage().peak,
    'peak RSS before, MiB': peak,
  });
  await flushBeside(SCRAPES);
} finally {
  const exited = once(server!, 'exit');
  server!.kill('SIGTERM');
  await exited;
  agent.destroy();
  rmSync(dir, { recursive: true });
}
