/**
 * What requests feel of flushes and merges: latencies of small writes and small queries at a steady
 * rate, first with nothing else going on, then with one flush after the other.
 *
 * node test/bench/pauses.ts [--series 20000] [--seconds 20] [--url URL --flush PATH]
 *
 * Without --url it starts `mon server` in a directory of its own. A peer is measured by its URL and
 * the path of whatever makes it write its memory out: `/internal/force_flush` of VictoriaMetrics,
 * `/api/v1/admin/tsdb/snapshot` of Prometheus.
 */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import { startMon } from '../e2e/started-mon.ts';

const SERIES_IN_BODY = 500;
const WRITES_PER_SECOND = 40;
const QUERIES_PER_SECOND = 20;
const TICK_MS = 15_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const { values: flags } = parseArgs({
  options: {
    series: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '20' },
    url: { type: 'string' },
    flush: { type: 'string', default: '/-/flush' },
  },
});
const seriesCount = Number(flags.series);
const seconds = Number(flags.seconds);

/** Milliseconds to the end of the answer. */
function timed(url: string, body?: Uint8Array): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
    const options = { agent, method: body ? 'POST' : 'GET', ...(body ? { headers } : {}) };
    const sent = request(url, options, (answer) => {
      answer.resume();
      answer.on('end', () => {
        const status = answer.statusCode ?? 0;
        if (status < 300) resolve(performance.now() - startedAt);
        else reject(new Error(`${url}: status ${status}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Starts one request every 1/rate seconds, whatever the earlier ones do; returns all latencies. */
async function atRate(rate: number, send: (turn: number) => Promise<number>): Promise<number[]> {
  const startedAt = performance.now();
  const latencies: Promise<number>[] = [];
  for (let turn = 0; turn < rate * seconds; turn++) {
    const dueMs = startedAt + (turn * 1000) / rate - performance.now();
    if (dueMs > 0) await delay(dueMs);
    latencies.push(send(turn));
  }
  return Promise.all(latencies);
}

function describe(latencies: readonly number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (q: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)}  p99 ${at(0.99)}  p99.9 ${at(0.999)}  max ${at(1)} ms`;
}

const baseMs = Date.now() - 3_600_000;
const bodiesPerTick = Math.ceil(seriesCount / SERIES_IN_BODY);
const bodies: Uint8Array[] = [];
for (let i = 0; i < WRITES_PER_SECOND * seconds * 2; i++) {
  const tick = Math.floor(i / bodiesPerTick);
  const first = (i % bodiesPerTick) * SERIES_IN_BODY;
  const all = Array.from({ length: SERIES_IN_BODY }, (_, k) => first + k);
  const labels = all.map((n) =>
    labelsFromRecord({ __name__: 'pause_test', host: `host-${n % 100}`, number: String(n) }),
  );
  const timestampsMs = new Float64Array(SERIES_IN_BODY).fill(baseMs + tick * TICK_MS);
  const values = Float64Array.from(all, (n) => tick * (n % 17) + n / 4);
  const sampleOffsets = Uint32Array.from({ length: SERIES_IN_BODY + 1 }, (_, k) => k);
  bodies.push(encodeRemoteWrite({ labels, sampleOffsets, timestampsMs, values }));
}

const mon = flags.url === undefined ? await startMon({ args: ['server'] }) : undefined;
const url = flags.url ?? mon?.url ?? '';
let sent = 0;
const write = (): Promise<number> => timed(`${url}/api/v1/write`, bodies[sent++]);
const query = (turn: number): Promise<number> => {
  const selector = encodeURIComponent(`pause_test{number="${(turn * 37) % seriesCount}"}`);
  return timed(`${url}/api/v1/query?query=${selector}&time=${baseMs / 1000}`);
};

try {
  for (const phase of ['quiet', 'flushing'] as const) {
    let isOver = false;
    let flushes = 0;
    const flushing = (async () => {
      while (phase === 'flushing' && !isOver) {
        await timed(`${url}${flags.flush}`, new Uint8Array(0));
        flushes++;
        await delay(500);
      }
    })();
    const [writes, queries] = await Promise.all([
      atRate(WRITES_PER_SECOND, write),
      atRate(QUERIES_PER_SECOND, query),
    ]);
    isOver = true;
    await flushing;
    console.log(`${phase} (${flushes} flushes)`);
    console.log(`  writes of ${SERIES_IN_BODY}:  ${describe(writes)}`);
    console.log(`  small queries:  ${describe(queries)}`);
  }
} finally {
  agent.destroy();
  await mon?.stop();
  mon?.remove();
}
