import { MonError } from '@mon/storage/model/error';
import { packSnappy } from '@mon/storage/protocol/snappy';
import { SnappyUnpacker } from '@mon/storage/protocol/snappy-unpacker';
import t from 'tap';
import { randomFrom } from '../random.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

t.test('SnappyUnpacker#unpack() reads every kind of element', async (t) => {
  const unpacker = new SnappyUnpacker();
  const text = (packed: Buffer) => Buffer.from(unpacker.unpack(packed)).toString();
  t.equal(text(hex('00')), '');
  t.equal(text(hex('03 08 616263')), 'abc', 'a literal');
  t.equal(text(hex('01 f000 61')), 'a', 'a literal with its length apart');
  t.equal(text(hex('08 04 6162 16 0200')), 'abababab', 'copy 2');
  t.equal(text(hex('06 00 61 05 01')), 'aaaaaa', 'copy 1, overlapping by one');
  t.equal(text(hex('0a 08 616263 1b 03000000')), 'abcabcabca', 'copy 4');
  const long = Buffer.alloc(300, 'x');
  t.equal(text(Buffer.concat([hex('ac02 f4 2b01'), long])), long.toString(), 'a long literal');
});

t.test('SnappyUnpacker#unpack() gives back what was packed, buffer after buffer', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const unpacker = new SnappyUnpacker();
  for (let round = 0; round < 300; round++) {
    const plain = Buffer.alloc(next(round % 10 === 0 ? 400_000 : 3000));
    const kinds = 1 + next(5);
    for (let at = 0; at < plain.length; ) {
      const from = next(at + 1);
      const length = Math.min(1 + next(90), plain.length - at);
      if (next(kinds) === 0) for (let i = 0; i < length; i++) plain[at + i] = next(256);
      else for (let i = 0; i < length; i++) plain[at + i] = plain[from + i] as number;
      at += length;
    }
    const got = unpacker.unpack(packSnappy(plain));
    if (Buffer.compare(got, plain) !== 0) t.fail(`seed ${seed}, round ${round}`);
  }
});

t.test(
  'SnappyUnpacker#unpack() refuses what is damaged with bad-body, whatever it is',
  async (t) => {
    const { next, seed } = randomFrom();
    t.comment(`seed ${seed}`);
    const plain = Buffer.from(Array.from({ length: 400 }, (_, i) => `label_${i % 37}`).join());
    const packed = packSnappy(plain);
    const unpacker = new SnappyUnpacker();
    const attempt = (bytes: Uint8Array, what: string): boolean => {
      try {
        unpacker.unpack(bytes, 100_000);
        return true;
      } catch (error) {
        if (!(error instanceof MonError) || error.code !== 'bad-body') t.fail(`${what}: ${error}`);
        return false;
      }
    };
    for (let length = 0; length < packed.length; length++) {
      if (attempt(packed.slice(0, length), `cut at ${length}`)) t.fail(`cut at ${length} passes`);
    }
    for (let bit = 0; bit < packed.length * 8; bit++) {
      const bytes = packed.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      attempt(bytes, `bit ${bit}`);
    }
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: 1 + next(40) }, () => next(256));
      attempt(bytes, `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`);
    }
    t.throws(() => unpacker.unpack(hex('08 05 6162')), {
      code: 'bad-body',
      message: /at byte \d+/,
    });
  },
);
