import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogEntry, readSegment } from '@mon/storage/log/read-segment';
import { FRAME_BYTES, framedRecord } from '@mon/storage/log/record-frame';
import { listSegments, SEGMENT_HEADER_BYTES } from '@mon/storage/log/segment-file';
import { SegmentLog } from '@mon/storage/log/segment-log';
import t, { type Test } from 'tap';

function freshDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-log-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 'wal');
}

const open = (dir: string, segmentBytesMax = 1 << 20) => new SegmentLog({ dir, segmentBytesMax });
const record = (text: string, kind = 1) => framedRecord(kind, new TextEncoder().encode(text));

/** All entries of a log: records as `kind:text`, damage as it is. */
function entries(dir: string): (string | Partial<LogEntry>)[] {
  return listSegments(dir).flatMap((file) => Array.from(readSegment(file), show));
}

function show(entry: LogEntry): string | Partial<LogEntry> {
  if (entry.kind === 'record') {
    return `${entry.recordKind}:${new TextDecoder().decode(entry.payload)}`;
  }
  const { offset, bytes, isTail } = entry;
  return { offset, bytes, isTail };
}

t.test('SegmentLog gives records back in order, over segments and openings', async (t) => {
  const dir = freshDir(t);
  const log = open(dir, 100);
  const first = log.append([record('a'), record('b', 7)]);
  t.same(first, { segment: 1, offset: SEGMENT_HEADER_BYTES });
  for (let i = 0; i < 10; i++) log.append([record(`record ${i}`)]);
  log.sync();
  log.append([record('')]);
  log.close();
  const again = open(dir, 100);
  t.equal(again.tornTail, undefined);
  t.equal(readdirSync(dir).length, again.segments.length, 'an opening makes no segment');
  again.append([record('later')]);
  again.close();
  const texts = Array.from({ length: 10 }, (_, i) => `1:record ${i}`);
  t.same(entries(dir), ['1:a', '7:b', ...texts, '1:', '1:later']);
  const numbers = listSegments(dir).map((file) => file.number);
  t.same(
    numbers,
    Array.from(numbers, (_, i) => i + 1),
  );
});

t.test('SegmentLog#append() takes records larger than a segment or the read window', async (t) => {
  const dir = freshDir(t);
  const log = open(dir, 100);
  const large = 'x'.repeat(3_000_000);
  log.append([record('before'), record(large), record('after')]);
  log.append([record('next')]);
  log.close();
  const got = entries(dir).map((entry) => (entry === `1:${large}` ? 'large' : entry));
  t.same(got, ['1:before', 'large', '1:after', '1:next']);
  t.equal(listSegments(dir).length, 2);
});

t.test('SegmentLog#cutBack() takes records back', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('kept')]);
  const position = log.append([record('failed')]);
  log.append([record('also failed')]);
  log.cutBack(position);
  log.append([record('next')]);
  log.close();
  t.same(entries(dir), ['1:kept', '1:next']);
});

t.test('SegmentLog#remove() deletes segments, bytes counts what is left', async (t) => {
  const dir = freshDir(t);
  const log = open(dir, 20);
  for (const text of ['a', 'b', 'c']) log.append([record(text)]);
  const one = SEGMENT_HEADER_BYTES + FRAME_BYTES + 1;
  t.equal(log.bytes, 3 * one);
  log.remove(1);
  t.equal(log.bytes, 2 * one);
  t.throws(() => log.remove(3), /BUG/);
  log.rotate();
  log.remove(3);
  log.close();
  t.same(entries(dir), ['1:b']);
  t.equal(statSync(listSegments(dir)[0]?.path ?? '').size, one);
});

t.test('SegmentLog cuts a tail torn at any byte, and only that', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('first'), record('second')]);
  log.close();
  const path = listSegments(dir)[0]?.path ?? '';
  const whole = readFileSync(path);
  const firstEnd = SEGMENT_HEADER_BYTES + FRAME_BYTES + 5;
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const opened = open(dir);
    const kept = length < SEGMENT_HEADER_BYTES ? 0 : length < firstEnd ? 16 : firstEnd;
    const isWhole = length === kept && length > 0;
    if (isWhole !== (opened.tornTail === undefined)) t.fail(`torn at ${length}`);
    if (!isWhole && opened.tornTail?.bytes !== length - kept) t.fail(`bytes torn at ${length}`);
    const got = entries(dir);
    if (got.length !== (length >= firstEnd ? 1 : 0)) t.fail(`entries torn at ${length}: ${got}`);
    opened.close();
  }
});

t.test('readSegment() names a flipped bit and goes on behind it', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('first'), record('second'), record('third')]);
  log.close();
  const path = listSegments(dir)[0]?.path ?? '';
  const whole = readFileSync(path);
  const secondFrom = SEGMENT_HEADER_BYTES + FRAME_BYTES + 5;
  const secondTo = secondFrom + FRAME_BYTES + 6;
  for (let bit = secondFrom * 8; bit < secondTo * 8; bit++) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    writeFileSync(path, bytes);
    const damage = { offset: secondFrom, bytes: secondTo - secondFrom, isTail: false };
    const got = JSON.stringify(entries(dir));
    if (got !== JSON.stringify(['1:first', damage, '1:third'])) t.fail(`bit ${bit}: ${got}`);
    // Opening cuts a tail, never what stands before intact records.
    const opened = open(dir);
    if (opened.tornTail !== undefined) t.fail(`bit ${bit} taken for a torn tail`);
    opened.close();
  }
});

t.test('readSegment() reports a damaged header of a segment and reads on', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('first')]);
  log.close();
  const path = listSegments(dir)[0]?.path ?? '';
  const bytes = readFileSync(path);
  bytes[3] = 0;
  writeFileSync(path, bytes);
  t.same(entries(dir), [{ offset: 0, bytes: SEGMENT_HEADER_BYTES, isTail: false }, '1:first']);
});

t.test('readSegment() starts at a position that append() gave', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('first')]);
  const { offset } = log.append([record('second')]);
  log.close();
  const [file] = listSegments(dir);
  t.same(file && Array.from(readSegment(file, offset), show), ['1:second']);
});

t.test('a log has the bytes that docs/formats/wal.md shows', async (t) => {
  const dir = freshDir(t);
  const log = open(dir);
  log.append([record('mon', 2)]);
  log.close();
  const hex = readFileSync(listSegments(dir)[0]?.path ?? '').toString('hex');
  t.equal(hex, '6d6f6e6c6f6700010100000078f6b911' + 'a502ecb003000000a8d3d0ef' + '6d6f6e');
});
