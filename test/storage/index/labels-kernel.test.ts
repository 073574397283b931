/** The kernel of labels against its twins. */
import { readCanonicalLabels, writeCanonicalLabels } from '@mon/storage/index/canonical-labels';
import { LABEL_PAIR_BYTES, type LabelsKernel } from '@mon/storage/index/labels-kernel';
import { SHARD_TAG, shardHash } from '@mon/storage/index/series-hash';
import { loadKernel } from '@mon/storage/memory/load-kernel';
import { PAGE_BYTES, ShardMemory } from '@mon/storage/memory/shard-memory';
import { checkLabelPairs } from '@mon/storage/model/label-rules';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => 11 * i);
const TENANT = tenantId('team-a');
const NAMES = ['a', 'b', 'le', 'quantile', 'zone', '__name_', 'Ö', '\uffee', '😀', 'a'.repeat(130)];

const memory = new ShardMemory(1024);
const kernel = loadKernel<LabelsKernel>('labels', memory.memory);
const input = memory.allocate(8);
const pairs = memory.allocate();
const out = memory.allocate(8);
const scratch = memory.allocate(8);
const { bytes } = memory;
const text = Buffer.from(bytes.buffer);
const words = new Uint32Array(bytes.buffer);

/** Puts pairs where the kernel reads them; what the kernel then makes of them, or undefined. */
function canonicalOf(sent: readonly string[], encode = utf8): Buffer | undefined {
  let at = input;
  sent.forEach((part, i) => {
    const encoded = encode(part);
    text.set(encoded, at);
    words[pairs / 4 + 2 * i] = at;
    words[pairs / 4 + 2 * i + 1] = encoded.length;
    at += encoded.length;
  });
  const length = kernel.canonicalLabels(pairs, sent.length / 2, out, out + 8 * PAGE_BYTES);
  return length < 0 ? undefined : Buffer.from(text.subarray(out, out + length));
}

function utf8(part: string): Buffer {
  return Buffer.from(part);
}

function randomText({ next }: Random): string {
  const alphabet = ['a', 'B', '_', 'ä', '€', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'];
  const letters = next(3) === 0 ? alphabet : ['x', 'y', '-'];
  return Array.from({ length: next(20) }, () => letters[next(letters.length)]).join('');
}

function randomPairs(random: Random): string[] {
  const sent: string[] = [];
  for (let i = random.next(12); i >= 0; i--) {
    sent.push(NAMES[random.next(NAMES.length)] ?? '', randomText(random));
  }
  if (random.next(10) > 0) sent.splice(2 * random.next(sent.length / 2), 0, '__name__', 'up');
  if (random.next(20) === 0) sent.push('', 'x');
  if (random.next(20) === 0) sent.push('nul', 'a\0b');
  if (random.next(20) === 0) sent.push('long', 'ä'.repeat(1015 + random.next(20)));
  if (random.next(20) === 0) for (let i = 0; i < 60; i++) sent.push(`n${i}`, 'v');
  return sent;
}

t.test('canonicalLabels() and shardHash() agree with their twins', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const prefix = text.subarray(scratch, scratch + 64);
  prefix[0] = SHARD_TAG;
  const prefixBytes = 1 + prefix.write(TENANT, 1) + 1;
  prefix[prefixBytes - 1] = 0xff;
  text.set(KEY, scratch + 64);
  let taken = 0;
  for (let i = 0; i < 5000; i++) {
    const sent = randomPairs(random);
    const check = checkLabelPairs(sent);
    const got = canonicalOf(sent);
    if (check.kind === 'fault') {
      if (got !== undefined) t.fail(`took ${JSON.stringify(sent)}`);
      continue;
    }
    taken++;
    const wanted = Buffer.alloc(8 * PAGE_BYTES);
    const end = writeCanonicalLabels(check.labels, wanted, 0);
    if (got?.equals(wanted.subarray(0, end)) !== true) {
      t.same(got && readCanonicalLabels(got, 0, got.length), check.labels, JSON.stringify(sent));
      continue;
    }
    t.same(readCanonicalLabels(got, 0, got.length), check.labels);
    const hash = kernel.shardHash(
      ...([scratch + 64, scratch, prefixBytes] as const),
      ...([out, out + end, scratch + 128] as const),
    );
    t.equal(hash >>> 0, shardHash(KEY, TENANT, check.labels), JSON.stringify(sent));
  }
  t.ok(taken > 1000);
});

t.test('canonicalLabels() refuses what is not UTF-8', async (t) => {
  const bad = [
    '80',
    'c0af',
    'c2',
    'e08080',
    'eda080',
    'f0808080',
    'f4908080',
    'f5',
    '61ff',
    'e28261',
  ];
  for (const hex of bad) {
    const encode = (part: string) => (part === '?' ? Buffer.from(hex, 'hex') : Buffer.from(part));
    t.equal(canonicalOf(['__name__', '?'], encode), undefined, hex);
    t.equal(canonicalOf(['__name__', 'up', '?', 'x'], encode), undefined, hex);
  }
});

t.test('readProtobufLabels() finds names and values, and hands over what is odd', async (t) => {
  const read = (hex: string): string[] | number => {
    const encoded = Buffer.from(hex, 'hex');
    text.set(encoded, input);
    const count = kernel.readProtobufLabels(input, input + encoded.length, pairs, 4);
    if (count < 0) return count;
    return Array.from({ length: 2 * count }, (_, i) => {
      const at = words[pairs / 4 + 2 * i] as number;
      return text.toString('utf8', at, at + (words[pairs / 4 + 2 * i + 1] as number));
    });
  };
  t.equal(LABEL_PAIR_BYTES, 16);
  t.same(read('0a050a0161120161'), -1, 'cut short');
  t.same(read('0a060a0161120162'), ['a', 'b']);
  t.same(read('0a061201620a0161'), ['a', 'b'], 'value first');
  t.same(read('0a030a0161'), ['a', '']);
  t.same(read(`0a8401120162${'0a7f'}${'61'.repeat(127)}`), ['a'.repeat(127), 'b']);
  t.same(read('12020801'), [], 'a sample');
  t.same(read('0a040a0161120a'), -1);
  t.same(read('0a060a0161180162'), -1, 'an unknown field');
  t.same(read('0a00'.repeat(5)), -1, 'too many');
});
