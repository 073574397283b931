import { readFileSync } from 'node:fs';
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { decodeExemplars, encodeExemplars } from '@mon/storage/encoding/exemplar-bytes';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { compareExemplars, type Exemplar, mergeExemplars } from '@mon/storage/model/exemplar';
import t from 'tap';

const FORMAT = readFileSync(new URL('../../../docs/formats/exemplars.md', import.meta.url), 'utf8');
const AT_MS = 1_735_819_200_000;
const one = (timestampMs: number, value: number, id = 'a'): Exemplar => ({
  labels: ['trace_id', id],
  value,
  timestampMs,
});

function encoded(exemplars: readonly Exemplar[]): Uint8Array {
  const out = new ByteWriter();
  encodeExemplars(exemplars, out);
  return out.copy();
}

t.test('encodeExemplars() keeps everything, and gives the bytes of the format page', async (t) => {
  const all = [
    one(AT_MS, 0.5),
    one(AT_MS, -0, '北'),
    { labels: [], value: 1 / 3, timestampMs: -5 },
  ];
  t.strictSame(decodeExemplars(new ByteReader(encoded(all))), all);
  const hex = Buffer.from(encoded([one(AT_MS, 0.5)])).toString('hex');
  t.ok(FORMAT.includes(`\`${hex}\``), hex);
});

t.test('decodeExemplars() refuses bytes that are cut short', async (t) => {
  const bytes = encoded([one(AT_MS, 0.5), one(AT_MS + 1, 0.25)]);
  for (let end = 0; end < bytes.length; end++) {
    t.throws(() => decodeExemplars(new ByteReader(bytes, { end })), MalformedBytes);
  }
});

t.test('mergeExemplars() orders parts and keeps each exemplar once', async (t) => {
  const merged = mergeExemplars([[one(1, 1), one(3, 1)], [], [one(2, 1), one(3, 1), one(3, 2)]]);
  t.same(merged, [one(1, 1), one(2, 1), one(3, 1), one(3, 2)]);
  t.equal(compareExemplars(one(1, Number.NaN), one(1, Number.NaN)), 0);
  t.ok(compareExemplars(one(1, 5), one(1, Number.NaN)) < 0);
});
