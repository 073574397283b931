/**
 * A server under a small memory budget while one metric explodes by a request id: everything else
 * keeps flowing, its memory stays bounded, and the API, the metrics and the log name what it is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import t from 'tap';
import { asColumns, type SeriesEntry } from '../storage/database-fixture.ts';
import { eventually, startMon } from './started-mon.ts';

const PER_REQUEST = 2000;
const REQUESTS = 200;
/** By then the garbage collector has found its size. */
const SETTLED = 150;
const MEGABYTE = 1024 * 1024;

t.setTimeout(180_000);

async function write(url: string, entries: readonly SeriesEntry[]): Promise<number> {
  const body = encodeRemoteWrite(asColumns(entries).columns);
  const answer = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

t.test('one metric explodes; the server keeps the rest flowing and names it', async (t) => {
  const config = join(t.testdir({}), 'mon.yml');
  writeFileSync(config, 'server:\n  memory: 32MB\n');
  const server = await startMon({ args: ['server', '--config', config, '--shards', '1'] });
  t.teardown(async () => {
    await server.stop('SIGKILL');
    server.remove();
  });
  const now = Date.now();
  const steady = (round: number) =>
    Array.from({ length: 100 }, (_, i): SeriesEntry => {
      return [{ __name__: 'node_load1', instance: `host-${i}` }, [now - 100_000 + round, round]];
    });
  const exploding = (round: number) =>
    Array.from({ length: PER_REQUEST }, (_, i): SeriesEntry => {
      const labels = { __name__: 'http_requests_total', job: 'shop', request_id: `${round}-${i}` };
      return [labels, [now - 100_000 + round, i]];
    });
  let before = 0;
  for (let round = 0; round < REQUESTS; round++) {
    await write(server.url, exploding(round));
    const status = await write(server.url, steady(round));
    if (status !== 204 && status !== 200) t.fail(`round ${round}: status ${status}`);
    if (round === SETTLED) before = residentBytes(server.process.pid ?? 0);
  }
  const grown = residentBytes(server.process.pid ?? 0) - before;
  t.ok(grown < 64 * MEGABYTE, `${grown} bytes more in the last quarter`);
  const status = async () => {
    const answer = await fetch(`${server.url}/api/v1/status/quarantine`);
    const { data } = (await answer.json()) as { data: { quarantined: unknown[] } };
    return data;
  };
  // A cut may have let the series leave, which ends the quarantine until they are many again.
  let data = await status();
  for (let round = REQUESTS; data.quarantined.length === 0; round++) {
    if (round > 2 * REQUESTS) break;
    await write(server.url, exploding(round));
    data = await status();
  }
  t.match(data, {
    memoryBytesMax: 32 * MEGABYTE,
    quarantined: [{ metric: 'http_requests_total', label: 'request_id', refused: Number }],
  });
  const tsdb = await fetch(`${server.url}/api/v1/status/tsdb`);
  t.match(await tsdb.json(), { data: { quarantined: [{ label: 'request_id' }] } });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  t.match(metrics, /^mon_storage_quarantines 1$/m);
  t.match(metrics, /^mon_storage_series_refused_total [1-9]\d+$/m);
  await eventually('the log names it', async () =>
    /"metric":"http_requests_total","label":"request_id".*quarantined/.test(server.errors())
      ? true
      : undefined,
  );
  const query = `count(node_load1 == ${REQUESTS - 1})`;
  const asked = `${server.url}/api/v1/query?query=${encodeURIComponent(query)}`;
  t.match(await (await fetch(asked)).json(), { data: { result: [{ value: [Number, '100'] }] } });
  const ended = await fetch(`${server.url}/api/v1/admin/quarantine?metric=http_requests_total`, {
    method: 'DELETE',
  });
  t.match(await ended.json(), { data: { quarantined: [] } });
});
