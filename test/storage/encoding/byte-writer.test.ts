import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import t from 'tap';

const UNSIGNED = [
  0,
  1,
  127,
  128,
  16383,
  16384,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
];
const SIGNED = [0, 1, -1, 63, 64, -63, -64, 8191, 8192, -(2 ** 31), 2 ** 53, -(2 ** 53)];

t.test('ByteWriter and ByteReader agree on every kind of number', async (t) => {
  const out = new ByteWriter(1);
  out.u8(0xab);
  out.u16(0xbeef);
  out.u32(0xdeadbeef);
  for (const n of UNSIGNED) out.varint(n);
  for (const n of SIGNED) out.signed(n);
  out.text('grün');
  out.text('');
  out.raw(Uint8Array.of(1, 2, 3));

  const bytes = out.copy();
  t.same(out.view(), bytes);
  const reader = new ByteReader(bytes);
  t.equal(reader.u8(), 0xab);
  t.equal(reader.u16(), 0xbeef);
  t.equal(reader.u32(), 0xdeadbeef);
  for (const n of UNSIGNED) t.equal(reader.varint(), n);
  for (const n of SIGNED) t.equal(reader.signed(), n);
  t.equal(reader.text(), 'grün');
  t.equal(reader.text(), '');
  t.same([...reader.raw(3)], [1, 2, 3]);
  t.equal(reader.left, 0);
  t.throws(() => reader.u8(), MalformedBytes);
});

t.test('ByteWriter writes the bytes that the format document quotes', async (t) => {
  const hexOf = (write: (out: ByteWriter) => void) => {
    const out = new ByteWriter();
    write(out);
    return Buffer.from(out.view()).toString('hex');
  };
  t.equal(
    hexOf((out) => out.varint(300)),
    'ac02',
  );
  t.equal(
    hexOf((out) => out.signed(-1)),
    '03',
  );
  t.equal(
    hexOf((out) => out.signed(100)),
    'c801',
  );
  t.equal(
    hexOf((out) => out.u32(1)),
    '01000000',
  );
});

t.test('ByteReader stops at its end, not at that of the buffer', async (t) => {
  const reader = new ByteReader(Uint8Array.of(0x80, 0x80, 1, 9), { start: 1, end: 2 });
  t.throws(() => reader.varint(), MalformedBytes);
  t.throws(() => new ByteReader(new Uint8Array(9).fill(0x80)).varint(), MalformedBytes);
  t.throws(() => new ByteReader(Uint8Array.of(2, 0xff, 0xfe)).text(), MalformedBytes);
});
