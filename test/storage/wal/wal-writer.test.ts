import { readdirSync } from 'node:fs';
import { readSegment } from '@mon/storage/log/read-segment';
import { framedRecord } from '@mon/storage/log/record-frame';
import { listSegments } from '@mon/storage/log/segment-file';
import { WalWriter } from '@mon/storage/wal/wal-writer';
import t, { type Test } from 'tap';
import { temporaryDir } from '../database-fixture.ts';
import { type FileCall, failingFiles, ioError } from '../files/failing-files.ts';

function writing(t: Test) {
  const dir = temporaryDir(t);
  const failing = new Set<FileCall>();
  const files = failingFiles((call) => {
    if (failing.has(call)) throw ioError();
  });
  const open = () => new WalWriter({ dir, segmentBytesMax: 1 << 20, syncsEach: true, files });
  const batch = (generation: number, text: string) => ({
    generation,
    bytes: framedRecord(2, Buffer.from(text)),
  });
  const read = () =>
    listSegments(dir).flatMap((segment) =>
      Array.from(readSegment(segment), (entry) =>
        entry.kind === 'record' ? Buffer.from(entry.payload).toString() : 'damage',
      ),
    );
  return { dir, failing, open, batch, read };
}

t.test('WalWriter keeps a segment whose first commit failed when older ones go', async (t) => {
  const { failing, open, batch, read } = writing(t);
  const wal = open();
  wal.commit([batch(1, 'one')]);
  failing.add('sync');
  t.throws(() => wal.commit([batch(2, 'lost')]), { code: 'EIO' });
  failing.clear();
  t.throws(() => {
    failing.add('write');
    wal.commit([batch(2, 'lost too')]);
  });
  failing.clear();
  wal.removeThrough(1);
  wal.commit([batch(2, 'two')]);
  wal.close();
  t.same(read(), ['two']);
});

t.test('WalWriter acknowledges nothing behind bytes that it could not cut off', async (t) => {
  const { failing, open, batch, read } = writing(t);
  const wal = open();
  wal.commit([batch(1, 'one')]);
  failing.add('sync').add('truncate');
  t.throws(() => wal.commit([batch(1, 'a long record that is not acknowledged')]));
  failing.delete('sync');
  t.throws(() => wal.commit([batch(1, 'x')]), { code: 'EIO' }, 'they are still there');
  t.throws(() => wal.commit([batch(2, 'x')]), { code: 'EIO' }, 'another segment would hide them');
  failing.clear();
  wal.commit([batch(1, 'y')]);
  wal.close();
  t.same(read(), ['one', 'y']);
});

t.test('WalWriter uses another segment where one could not be made', async (t) => {
  const { dir, failing, open, batch, read } = writing(t);
  const wal = open();
  failing.add('sync folder').add('remove');
  t.throws(() => wal.commit([batch(1, 'lost')]), { code: 'EIO' });
  failing.clear();
  wal.commit([batch(1, 'one')]);
  wal.close();
  t.same(read(), ['one']);
  t.same(readdirSync(dir).length, 2);
});

t.test('WalWriter makes the last segment durable before it is read again', async (t) => {
  const { failing, open, batch } = writing(t);
  const wal = open();
  wal.commit([batch(1, 'one')]);
  wal.close();
  for (const call of ['sync', 'sync folder'] as const) {
    failing.clear();
    failing.add(call);
    t.throws(open, { code: 'EIO' }, call);
  }
});
