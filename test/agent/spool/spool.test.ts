import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { POSITION_FILE } from '@mon/agent/spool/position-file';
import { RECORD_SERIES_MAX, SPOOL_BYTES_MIN, Spool, type SpoolLoss } from '@mon/agent/spool/spool';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { unpackSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';
import { numberedColumns } from '../columns.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function open(dir: string, remotes = ['a'], bytesMax = 64 * SPOOL_BYTES_MIN) {
  const losses: SpoolLoss[] = [];
  const spool = new Spool({ dir, bytesMax, remotes, onLoss: (loss) => losses.push(loss) });
  return { spool, losses };
}

/** Timestamps of the records a remote would get next, one a record; acknowledges them if asked. */
function next(spool: Spool, remote = 'a', options: { max?: number; ack?: boolean } = {}): number[] {
  const batch = spool.read(remote, options.max ?? 1_000_000);
  if (batch === undefined) return [];
  if (options.ack) spool.acknowledge(remote, batch.end);
  return batch.records.map(({ body }) => {
    return decodeRemoteWrite(unpackSnappy(body)).columns.timestampsMs[0] ?? 0;
  });
}

const append = (spool: Spool, timestampMs: number, count = 1) =>
  spool.append(numberedColumns(count, timestampMs), [], timestampMs);

t.test('Spool gives records in order until they are acknowledged', async (t) => {
  const { spool } = open(temporaryFolder(t));
  t.strictSame(next(spool), []);
  for (const ms of [1, 2, 3]) append(spool, ms);
  t.strictSame(next(spool), [1, 2, 3]);
  t.strictSame(next(spool, 'a', { max: 2, ack: true }), [1, 2]);
  t.strictSame(next(spool, 'a', { ack: true }), [3]);
  t.strictSame(next(spool), []);
  append(spool, 4);
  t.strictSame(next(spool), [4]);
});

t.test('Spool says whether the limit ended a batch, and gives at least one record', async (t) => {
  const { spool } = open(temporaryFolder(t));
  append(spool, 1, 10);
  append(spool, 2, 10);
  const batch = spool.read('a', 5);
  t.match(batch, { samples: 10, isFull: true });
  t.match(spool.read('a', 20), { samples: 20, isFull: false });
});

t.test('Spool splits many series into records', async (t) => {
  const { spool } = open(temporaryFolder(t));
  const metadata = [{ metric: 'm', type: 'gauge', help: '', unit: '' } as const];
  spool.append(numberedColumns(2 * RECORD_SERIES_MAX + 1, 5), metadata, 7);
  const records = spool.read('a', 1_000_000)?.records ?? [];
  t.strictSame(
    records.map((record) => record.samples),
    [RECORD_SERIES_MAX, RECORD_SERIES_MAX, 1],
  );
  const decoded = records.map(({ body }) => decodeRemoteWrite(unpackSnappy(body)));
  t.strictSame(
    decoded.flatMap((each) => each.metadata),
    metadata,
  );
  t.equal(new Set(decoded.flatMap(({ columns }) => columns.labels.map(String))).size, 4001);
  t.equal(records[0]?.appendedMs, 7);
});

t.test('Spool keeps each remote its own place', async (t) => {
  const { spool } = open(temporaryFolder(t), ['a', 'b']);
  for (const ms of [1, 2, 3]) append(spool, ms);
  next(spool, 'a', { max: 2, ack: true });
  t.strictSame(next(spool, 'a'), [3]);
  t.strictSame(next(spool, 'b'), [1, 2, 3]);
});

t.test('Spool survives a restart with and without saved positions', async (t) => {
  const dir = temporaryFolder(t);
  const first = open(dir).spool;
  for (const ms of [1, 2, 3]) append(first, ms);
  next(first, 'a', { max: 1, ack: true });
  first.savePositions();
  next(first, 'a', { max: 1, ack: true });
  // No close: the process dies here. What was acknowledged after the save comes again.
  const second = open(dir).spool;
  t.strictSame(next(second), [2, 3]);
  append(second, 4);
  t.strictSame(next(second, 'a', { ack: true }), [2, 3, 4]);
  second.close();
  const third = open(dir).spool;
  t.strictSame(next(third), []);
  append(third, 5);
  third.close();
  writeFileSync(`${dir}/${POSITION_FILE}`, '{"a": ');
  t.strictSame(next(open(dir).spool), [4, 5], 'what is still there comes again');
});

t.test('Spool gives a renamed remote the place of the one that is gone', async (t) => {
  const dir = temporaryFolder(t);
  const first = open(dir, ['old', 'other']).spool;
  for (const ms of [1, 2, 3]) append(first, ms);
  next(first, 'old', { max: 1, ack: true });
  next(first, 'other', { ack: true });
  first.close();
  const second = open(dir, ['new', 'other']).spool;
  t.strictSame(next(second, 'new'), [2, 3]);
  second.setRemotes(['new', 'other', 'third']);
  t.strictSame(next(second, 'third'), [], 'one that is added starts now');
  append(second, 4);
  t.strictSame(next(second, 'third'), [4]);
  t.strictSame(next(second, 'new'), [2, 3, 4]);
});

t.test('Spool drops the oldest over its bound and counts it for each remote', async (t) => {
  const dir = temporaryFolder(t);
  const { spool, losses } = open(dir, ['a', 'b'], SPOOL_BYTES_MIN);
  append(spool, 1, 500);
  next(spool, 'a', { ack: true });
  let appended = 0;
  let ms = 2;
  while (losses.length < 6) {
    append(spool, ms++, 500);
    appended += 500;
  }
  t.ok(spool.bytes <= SPOOL_BYTES_MIN);
  const lost = (remote: string) =>
    losses.reduce(
      (sum, loss) =>
        sum + (loss.kind === 'over-bound' && loss.remote === remote ? loss.samples : 0),
      0,
    );
  const left = (remote: string) => spool.read(remote, Number.MAX_SAFE_INTEGER)?.samples ?? 0;
  t.equal(lost('a') + left('a'), appended);
  t.equal(lost('b') + left('b'), appended + 500);
  const order = next(spool);
  t.strictSame(
    order,
    order.toSorted((x, y) => x - y),
  );
  t.equal(order.at(-1), ms - 1, 'the newest is there');
});

t.test('Spool removes segments that every remote has', async (t) => {
  const dir = temporaryFolder(t);
  const { spool } = open(dir, ['a', 'b'], SPOOL_BYTES_MIN);
  while (readdirSync(`${dir}/queue`).length < 4) append(spool, 1, 500);
  next(spool, 'a', { ack: true });
  t.equal(readdirSync(`${dir}/queue`).length, 4);
  next(spool, 'b', { ack: true });
  t.equal(readdirSync(`${dir}/queue`).length, 1);
});

t.test('Spool passes over damage, once and counted', async (t) => {
  const dir = temporaryFolder(t);
  const first = open(dir).spool;
  for (const ms of [1, 2, 3]) append(first, ms);
  first.close();
  const [name = ''] = readdirSync(`${dir}/queue`);
  const path = `${dir}/queue/${name}`;
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
  const { spool, losses } = open(dir);
  t.strictSame(next(spool, 'a', { ack: true }), [1]);
  t.strictSame(next(spool, 'a', { ack: true }), [3]);
  t.match(losses, [{ kind: 'damage', bytes: /\d+/ }]);
  t.equal(losses.length, 1);
});

t.test('Spool cuts a torn tail off', async (t) => {
  const dir = temporaryFolder(t);
  const first = open(dir).spool;
  append(first, 1);
  first.close();
  const [name = ''] = readdirSync(`${dir}/queue`);
  appendFileSync(`${dir}/queue/${name}`, Buffer.from([0xa5, 1, 2]));
  const { spool, losses } = open(dir);
  t.match(losses, [{ kind: 'damage', bytes: 3 }]);
  append(spool, 2);
  t.strictSame(next(spool), [1, 2]);
});

t.test('Spool reads from the disk what a slow remote has not got in memory', async (t) => {
  const { spool } = open(temporaryFolder(t), ['a']);
  for (let ms = 1; ms <= 60; ms++) append(spool, ms, 1000);
  const seen: number[] = [];
  for (let round = next(spool, 'a', { max: 10_000, ack: true }); round.length > 0; ) {
    seen.push(...round);
    round = next(spool, 'a', { max: 10_000, ack: true });
  }
  t.strictSame(
    seen,
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
});
