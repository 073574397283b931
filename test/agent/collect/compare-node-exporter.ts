/**
 * By hand: `node test/agent/collect/compare-node-exporter.ts`. Starts the node_exporter of this
 * host beside our collectors and prints where names, labels, types or values differ.
 *
 * Debian's defaults leave out `lo` and more mounts than upstream's; those flags are set back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { COLLECTOR_NAMES, openCollector } from '@mon/agent/collect/collectors';
import { HostJob } from '@mon/agent/collect/host-job';
import { HostFiles } from '@mon/agent/procfs/host-files';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { formatLabels } from '@mon/storage/model/labels';
import { parseExposition } from '@mon/storage/protocol/exposition-parse';
import { fetch } from 'undici';

/** Two readings some ms apart of what moves. */
const TOLERANCE = 0.02;

const UPSTREAM_FLAGS = [
  '--collector.netdev.device-exclude=',
  '--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)',
  '--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$',
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function exposition(child: ChildProcess, port: number): Promise<Uint8Array> {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
    if (answer?.ok) return answer.bytes();
  }
  throw new Error(`node_exporter ended with ${child.exitCode}`);
}

const port = await freePort();
const collectorFlags = COLLECTOR_NAMES.map((name) => `--collector.${name}`);
const child = spawn(
  'prometheus-node-exporter',
  [`--web.listen-address=127.0.0.1:${port}`, '--collector.disable-defaults']
    .concat(collectorFlags)
    .concat(UPSTREAM_FLAGS),
  { stdio: 'ignore' },
);
const host = { files: new HostFiles(), clock: SYSTEM_CLOCK, statfs };
const job = new HostJob({
  collectors: COLLECTOR_NAMES.map((name) => openCollector(name, host)),
  labels: [],
  finishLabels: (labels) => labels,
  reportsCollectors: true,
  elapsedSeconds: () => performance.now() / 1000,
  onFailure: (collector, reason) => console.log(`FAILED ${collector}: ${reason}`),
});
try {
  const bytes = await exposition(child, port);
  const columns = await job.collect(Date.now());
  const theirs = parseExposition(bytes, { nowMs: 0 });
  const ours = new Map(columns.labels.map((set, i) => [formatLabels(set), columns.values[i] ?? 0]));
  const isOfNode = (series: string) =>
    series.startsWith('node_') && !series.startsWith('node_exporter');
  let compared = 0;
  theirs.columns.labels.forEach((set, i) => {
    const series = formatLabels(set);
    const value = theirs.columns.values[i] ?? 0;
    const own = ours.get(series);
    ours.delete(series);
    if (!isOfNode(series)) return;
    compared++;
    if (own === undefined) console.log(`only theirs: ${series} ${value}`);
    else if (Math.abs(own - value) > Math.max(1, Math.abs(value)) * TOLERANCE)
      console.log(`differs: ${series} ours ${own}, theirs ${value}`);
  });
  for (const [series, value] of ours)
    if (isOfNode(series)) console.log(`only ours: ${series} ${value}`);
  const types = new Map(theirs.metadata.map(({ metric, type }) => [metric, type]));
  for (const { metric, type } of job.metadata())
    if (types.has(metric) && types.get(metric) !== type)
      console.log(`type: ${metric} ours ${type}, theirs ${types.get(metric)}`);
  console.log(`${compared} series compared`);
} finally {
  child.kill();
}
