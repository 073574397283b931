/**
 * An agent's sender against a real server over the mon wire: what goes wrong between them, and
 * with either of them, leaves every sample there exactly once.
 *
 * MON_TEST_SEED repeats a run's choices.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plainRemote } from '@mon/agent/config/remote-write-config';
import { RemoteSender } from '@mon/agent/send/remote-sender';
import { SPOOL_BYTES_MIN, Spool } from '@mon/agent/spool/spool';
import type { SampleColumns } from '@mon/storage/model/appender';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t, { type Test } from 'tap';
import { temporaryFolder } from '../agent/temporary-folder.ts';
import { type Random, randomFrom } from '../storage/encoding/seeded-random.ts';
import { eventually, type StartedMon, startMon } from './started-mon.ts';

/** Starting servers takes long on a busy machine. */
t.setTimeout(110_000);

const SERIES = 20;
const BASE_MS = Math.floor(Date.now() / 1000) * 1000 - 600_000;
const SEED = Number(process.env['MON_TEST_SEED'] ?? randomBytes(4).readUInt32LE());

/** One sample of each series; series come and go, and change their order. */
function round(tick: number): SampleColumns {
  const numbers = Array.from({ length: SERIES }, (_, i) => i).filter((i) => (tick + i) % 7 !== 0);
  if (tick % 5 === 0) numbers.reverse();
  return {
    labels: numbers.map((i) => labelsFromRecord({ __name__: 'wired', i: String(i) })),
    sampleOffsets: Uint32Array.from({ length: numbers.length + 1 }, (_, k) => k),
    timestampsMs: new Float64Array(numbers.length).fill(BASE_MS + tick * 100),
    values: Float64Array.from(numbers, (i) => readingOf(tick, i)),
  };
}

function readingOf(tick: number, series: number): number {
  if (series % 3 === 0) return 1000 + tick * series;
  return series % 3 === 1 ? Math.round(Math.sin(tick + series) * 1e4) / 100 : Math.sin(tick);
}

/** An agent's spool and sender; `restart` is a new process with what the old one left. */
class Agent {
  readonly dialects: string[] = [];
  readonly refusals: string[] = [];
  readonly #dir: string;
  readonly #url: string;
  #spool!: Spool;
  #sender!: RemoteSender;

  constructor(dir: string, url: string) {
    this.#dir = dir;
    this.#url = url;
    this.#start();
  }

  append(tick: number): void {
    this.#spool.append(round(tick), [], Date.now());
    this.#sender.notify();
  }

  get isEmpty(): boolean {
    return this.#spool.read('mon', 1) === undefined;
  }

  /** Ends as a kill would: nothing is sent any more, positions are not written down. */
  async restart(): Promise<void> {
    await this.#sender.stop(0);
    this.#start();
  }

  async stop(): Promise<void> {
    await this.#sender.stop(0);
    this.#spool.close();
  }

  #start(): void {
    this.#spool = new Spool({
      dir: this.#dir,
      bytesMax: 64 * SPOOL_BYTES_MIN,
      remotes: ['mon'],
      onLoss: ({ kind }) => this.refusals.push(kind),
    });
    const backoff = { minMs: 5, maxMs: 50 };
    const remote = { ...plainRemote(this.#url), name: 'mon', batchAgeMs: 10, backoff };
    this.#sender = new RemoteSender(
      { ...remote, timeoutMs: 5000, batchSamplesMax: 100 },
      {
        spool: this.#spool,
        clock: SYSTEM_CLOCK,
        random: Math.random,
        userAgent: 'mon-agent/test',
        onDelivery: ({ delivery }) => {
          if (delivery.kind === 'refused') this.refusals.push(delivery.reason);
        },
        onSent: (_, dialect) => this.dialects.push(dialect),
      },
    );
    this.#sender.start();
  }
}

async function checkAll(t: Test, url: string, ticks: number): Promise<void> {
  const parameters = new URLSearchParams({
    query: 'wired[900s]',
    time: String(BASE_MS / 1000 + 800),
  });
  const answer = await fetch(`${url}/api/v1/query?${parameters}`);
  const { data } = (await answer.json()) as {
    data: { result: { metric: { i: string }; values: [number, string][] }[] };
  };
  const found = new Map(data.result.map(({ metric, values }) => [Number(metric.i), values]));
  const faults: string[] = [];
  for (let i = 0; i < SERIES; i++) {
    const wanted: [number, string][] = [];
    for (let tick = 0; tick < ticks; tick++) {
      const time = (BASE_MS + tick * 100) / 1000;
      if ((tick + i) % 7 !== 0) wanted.push([time, String(readingOf(tick, i))]);
    }
    const got = (found.get(i) ?? []).map(([time, value]) => [time, String(Number(value))]);
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      faults.push(`series ${i}: ${got.length} samples, wanted ${wanted.length}`);
    }
  }
  t.same(faults, [], `every sample once, seed ${SEED}`);
}

/** Something between agent and server that loses, repeats, delays and damages. */
async function startFaultyProxy(t: Test, target: () => string, random: Random) {
  const counts: Record<string, number> = {};
  const proxy = { isFaulty: true, counts, url: '' };
  let earlier: Buffer | undefined;
  const forward = (request: IncomingMessage, body: Buffer) =>
    fetch(`${target()}/api/v1/write`, {
      method: 'POST',
      headers: Object.fromEntries(
        ['content-type', 'content-encoding']
          .map((name) => [name, request.headers[name]])
          .filter(([, value]) => value !== undefined),
      ),
      body,
    });
  const pass = async (request: IncomingMessage, body: Buffer, response: ServerResponse) => {
    const answer = await forward(request, body);
    const text = await answer.text();
    const headers = Object.fromEntries(
      [...answer.headers].filter(([name]) => name.startsWith('x-') || name === 'content-type'),
    );
    response.writeHead(answer.status, headers).end(text || undefined);
  };
  const serve = async (request: IncomingMessage, body: Buffer, response: ServerResponse) => {
    const isFrame = request.headers['content-type'] === 'application/vnd.mon.wire';
    const fault = proxy.isFaulty && isFrame ? random.below(12) : 12;
    const what =
      ['lost', 'unanswered', 'twice', 'older first', 'flipped', 'cut'][fault] ?? 'passed';
    counts[what] = (counts[what] ?? 0) + 1;
    if (what === 'lost') return void response.destroy();
    if (what === 'unanswered') {
      await (await forward(request, body)).text();
      return void response.destroy();
    }
    if (what === 'twice') await (await forward(request, body)).text();
    if (what === 'older first' && earlier !== undefined) {
      await (await forward(request, earlier)).text();
    }
    earlier = isFrame ? body : undefined;
    const sent = Buffer.from(body);
    if (what === 'flipped') {
      const at = random.below(sent.length);
      sent[at] = (sent[at] as number) ^ (1 << random.below(8));
    }
    await pass(
      request,
      what === 'cut' ? sent.subarray(0, random.below(sent.length)) : sent,
      response,
    );
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      serve(request, Buffer.concat(chunks), response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`;
  return proxy;
}

async function drained(agent: Agent): Promise<void> {
  await eventually('all is sent', async () => (agent.isEmpty ? true : undefined));
}

t.test('a line that loses, repeats and damages frames costs no sample', async (t) => {
  t.setTimeout(100_000);
  const mon = await startMon({ args: ['server', '--shards', '2'] });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const proxy = await startFaultyProxy(t, () => mon.url, randomFrom(SEED));
  const agent = new Agent(temporaryFolder(t), proxy.url);
  t.teardown(() => agent.stop());
  const ticks = 150;
  for (let tick = 0; tick < ticks; tick++) {
    agent.append(tick);
    if (tick % 3 === 0) await drained(agent);
  }
  await drained(agent);
  await checkAll(t, mon.url, ticks);
  t.same(agent.refusals, []);
  t.ok(agent.dialects.filter((dialect) => dialect === 'mon-wire').length > 20, 'by frames');
  t.comment(JSON.stringify(proxy.counts));
});

t.test('kill -9 of the server and restarts of the agent cost no sample', async (t) => {
  t.setTimeout(100_000);
  let mon: StartedMon = await startMon({ args: ['server', '--shards', '2'] });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const random = randomFrom(SEED + 1);
  const proxy = await startFaultyProxy(t, () => mon.url, random);
  proxy.isFaulty = false;
  const agent = new Agent(temporaryFolder(t), proxy.url);
  t.teardown(() => agent.stop());
  let tick = 0;
  for (let life = 0; life < 5; life++) {
    for (const last = tick + 30; tick < last; tick++) {
      agent.append(tick);
      if (random.below(3) > 0) await drained(agent);
    }
    if (life % 2 === 0) await agent.restart();
    const { dir } = mon;
    const ended = mon.stop('SIGKILL');
    for (const last = tick + 5; tick < last; tick++) agent.append(tick);
    await ended;
    mon = await startMon({ args: ['server', '--shards', String(1 + random.below(3))], dir });
  }
  await drained(agent);
  await checkAll(t, mon.url, tick);
  t.same(agent.refusals, []);
  t.equal(agent.dialects.at(-1), 'mon-wire');
});
