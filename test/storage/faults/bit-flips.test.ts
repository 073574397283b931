/**
 * Every bit of the log, the manifest and LOCK flipped, and every length they may be cut to: it is
 * named, or changes nothing that is read. Blocks: `block-bit-flips.test.ts`; what verifies:
 * `care/verify-directory.test.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockFile } from '@mon/storage/lock-file';
import { readSegment } from '@mon/storage/log/read-segment';
import { framedRecord } from '@mon/storage/log/record-frame';
import { listSegments } from '@mon/storage/log/segment-file';
import { SegmentLog } from '@mon/storage/log/segment-log';
import { Manifest } from '@mon/storage/manifest/manifest';
import { MonError } from '@mon/storage/model/error';
import t from 'tap';
import { temporaryFolder } from '../block/block-fixture.ts';

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
}

t.test(
  'a segment of the log gives no record that was not written, whatever bit flips',
  async (t) => {
    const dir = temporaryFolder(t);
    const log = new SegmentLog({ dir, segmentBytesMax: 1 << 20 });
    const texts = ['first', 'the second', 'a third record', 'last'];
    log.append(texts.map((text) => framedRecord(2, Buffer.from(text))));
    log.close();
    const [file] = listSegments(dir);
    if (file === undefined) throw new Error('there is no segment');
    const whole = readFileSync(file.path);
    const read = () => {
      const found: string[] = [];
      let damages = 0;
      for (const entry of readSegment(file)) {
        if (entry.kind === 'damage') damages++;
        else found.push(Buffer.from(entry.payload).toString());
      }
      return { found, damages };
    };
    let silent = 0;
    let invented = 0;
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        writeFileSync(file.path, flipped(whole, at, bit));
        try {
          const { found, damages } = read();
          if (damages !== 1 || found.length < texts.length - 1) silent++;
          if (!found.every((text) => texts.includes(text))) invented++;
        } catch (error) {
          // The version is part of the header: another one is refused, by name.
          if (!(error instanceof MonError) || error.code !== 'log-version') throw error;
        }
      }
    }
    t.same({ silent, invented }, { silent: 0, invented: 0 }, `${whole.length * 8} flips`);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file.path, whole.subarray(0, length));
      const { found, damages } = read();
      t.same(found, texts.slice(0, found.length), `cut to ${length}`);
      // A cut between two records looks like a log that ends there.
      const isBetween = found.reduce((sum, text) => sum + 12 + text.length, 16) === length;
      if (damages === 0 && length > 0 && !isBetween) t.fail(`cut to ${length}: not named`);
    }
  },
);

t.test('MANIFEST.log is read as it was written or not at all, whatever bit flips', async (t) => {
  const dir = temporaryFolder(t);
  const manifest = Manifest.open(dir);
  for (let generation = 1; generation < 4; generation++) {
    manifest.commit({ add: [], remove: [], generations: [generation] });
  }
  manifest.close();
  const path = join(dir, 'MANIFEST.log');
  const whole = readFileSync(path);
  let silent = 0;
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      writeFileSync(path, flipped(whole, at, bit));
      try {
        Manifest.open(dir).close();
        silent++;
      } catch (error) {
        if (!(error instanceof MonError) || error.code !== 'corrupt-manifest') throw error;
      }
    }
  }
  t.equal(silent, 0, `${whole.length * 8} flips`);
});

t.test('LOCK with a flipped bit or cut short locks nobody out for ever', async (t) => {
  const dir = temporaryFolder(t);
  const path = join(dir, 'LOCK');
  // A process that is gone: no pid is as high.
  const whole = Buffer.from('pid 4194999\nhost h\nsince 2025-01-01T00:00:00.000Z\nstarted 1\n');
  const texts = Array.from(whole, (_, at) => flipped(whole, at, at % 8));
  for (let length = 0; length < whole.length; length++) texts.push(whole.subarray(0, length));
  for (const text of texts) {
    writeFileSync(path, text);
    const lock = LockFile.claim(dir, 0);
    lock.confirm();
    lock.release();
  }
  t.pass(`${texts.length} texts`);
});
