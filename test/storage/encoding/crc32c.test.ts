import { crc32c } from '@mon/storage/encoding/crc32c';
import t from 'tap';

t.test('crc32c() gives the values of RFC 3720 B.4', async (t) => {
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
  t.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
  t.equal(crc32c(new Uint8Array(0)), 0);
});

t.test('crc32c() goes on from a seed, over any part of a buffer', async (t) => {
  const bytes = Uint8Array.from({ length: 67 }, (_, i) => (i * 37) & 0xff);
  const whole = crc32c(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const joined = crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut));
    if (joined !== whole) t.fail(`cut at ${cut}`);
    if (crc32c(bytes, cut) !== crc32c(bytes.slice(cut))) t.fail(`from ${cut}`);
  }
});
