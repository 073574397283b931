import { admit, type RejectionCode } from '@mon/storage/head/admission';
import { Head } from '@mon/storage/head/head';
import { SampleBuffer } from '@mon/storage/head/sample-buffer';
import { SamplePart } from '@mon/storage/head/sample-part';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { setStaleAt } from '@mon/storage/model/sample';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { randomFrom } from '../random.ts';

const KEY = new Uint8Array(16).fill(9);
const MEMORY = new ShardMemory();
const BOUNDS = { minTimeMs: -1e12, maxTimeMs: 1e12 };

type Sample = readonly [ref: number, timestampMs: number, value: number];

function part(samples: readonly Sample[]): SamplePart {
  const made = SamplePart.inPages(MEMORY, samples.length, samples.length);
  samples.forEach(([ref, timestampMs, value], i) => {
    made.refs[i] = ref;
    made.sampleOffsets[i] = i;
    made.timestampsMs[i] = timestampMs;
    made.values[i] = value;
  });
  made.sampleOffsets[samples.length] = samples.length;
  return made;
}

/** Admits and inserts; returns the rejections as `code@sample`. */
function append(head: Head, samples: readonly Sample[], bounds = BOUNDS): string[] {
  const rejected: string[] = [];
  const made = part(samples);
  const onRejected = (code: RejectionCode, sample: number) => rejected.push(`${code}@${sample}`);
  admit(head, made, { bounds, onRejected });
  head.insert(made, (sample) => {
    rejected.push(`conflict@${made.movedFrom?.[sample] ?? sample}`);
  });
  return rejected;
}

function read(head: Head, ref: number): [number, number][] {
  const out = new SampleBuffer(1);
  let at = 0;
  for (const generation of [...head.frozen, head.active]) {
    at += head.read(generation, ref, { out, at });
  }
  return Array.from(
    { length: at },
    (_, i) => [out.timestampsMs[i], out.values[i]] as [number, number],
  );
}

const newHead = () => new Head(KEY, 1, MEMORY);
const series = (head: Head, name = 'm') => head.resolve(DEFAULT_TENANT, ['__name__', name]);

t.test('Head stores samples in order, late ones too, each timestamp once', async (t) => {
  const head = newHead();
  const m = series(head);
  t.same(
    append(head, [
      [m, 10, 1],
      [m, 30, 3],
      [m, 20, 2],
      [m, -5, 0],
      [m, 40, 4],
    ]),
    [],
  );
  t.same(read(head, m), [
    [-5, 0],
    [10, 1],
    [20, 2],
    [30, 3],
    [40, 4],
  ]);
  t.same(
    append(head, [
      [m, 40, 4],
      [m, 20, 2],
      [m, 10, 1],
    ]),
    [],
    'the same again is accepted',
  );
  t.equal(head.samples, 5, 'and stored once');
  t.same(
    append(head, [
      [m, 40, 5],
      [m, 50, 5],
    ]),
    ['duplicate-timestamp@0'],
  );
  t.same(
    append(head, [
      [m, 10, 7],
      [m, 20, 7],
    ]),
    ['conflict@0', 'conflict@1'],
  );
  t.same(read(head, m), [
    [-5, 0],
    [10, 1],
    [20, 2],
    [30, 3],
    [40, 4],
    [50, 5],
  ]);
});

t.test('admit() judges age by the bounds alone, each series for itself', async (t) => {
  const head = newHead();
  const [m, n] = [series(head), series(head, 'n')];
  const bounds = { minTimeMs: 0, maxTimeMs: 100 };
  const samples: Sample[] = [
    [m, -1, 0],
    [m, 100, 1],
    [m, 101, 2],
    [m, 0, 3],
    [n, 0, 4],
  ];
  const nan: Sample[] = [
    [n, Number.NaN, 5],
    [n, 0.5, 5],
  ];
  t.same(append(head, samples, bounds), ['too-old@0', 'too-far-ahead@2']);
  t.same(append(head, nan.slice(0, 1), bounds), ['bad-timestamp@0']);
  t.same(read(head, m), [
    [0, 3],
    [100, 1],
  ]);
  t.same(read(head, n), [[0, 4]]);
});

t.test('a staleness marker keeps its bits and equals only itself', async (t) => {
  const head = newHead();
  const m = series(head);
  const marker = () => {
    const made = part([[m, 10, 0]]);
    setStaleAt(made.valueBits, 0);
    return made;
  };
  const codes: string[] = [];
  const onRejected = (code: string) => codes.push(code);
  for (let i = 0; i < 2; i++) {
    const made = marker();
    admit(head, made, { bounds: BOUNDS, onRejected });
    head.insert(made, () => codes.push('conflict'));
  }
  t.same(codes, []);
  t.same(append(head, [[m, 10, Number.NaN]]), ['duplicate-timestamp@0']);
  const out = new SampleBuffer();
  t.equal(head.read(head.active, m, { out, at: 0 }), 1);
  t.same([...out.valueBits.subarray(0, 2)], [2, 0x7ff00000]);
});

t.test('freeze() starts a generation that judges late samples by its own', async (t) => {
  const head = newHead();
  const m = series(head);
  append(head, [
    [m, 10, 1],
    [m, 30, 3],
    [m, 20, 2],
  ]);
  const frozen = head.freeze(2);
  t.same([frozen.number, frozen.samples, frozen.minTimeMs, frozen.maxTimeMs], [1, 3, 10, 30]);
  t.same(
    append(head, [
      [m, 20, 2],
      [m, 25, 9],
      [m, 30, 3],
      [m, 40, 4],
    ]),
    [],
  );
  t.same(
    append(head, [
      [m, 20, 8],
      [m, 10, 8],
      [m, 25, 8],
    ]),
    ['conflict@0', 'conflict@2'],
  );
  t.equal(head.active.samples, 4);
  t.equal(head.dropFrozen(1), frozen);
  frozen.release();
  t.same(read(head, m), [
    [10, 8],
    [20, 2],
    [25, 9],
    [40, 4],
  ]);
});

t.test('runs of every length read back', async (t) => {
  const head = newHead();
  const m = series(head);
  const wanted: [number, number][] = [];
  for (let i = 0; i < 1000; i++) {
    append(head, [[m, i * 10, i]]);
    wanted.push([i * 10, i]);
    if (i < 300) t.same(read(head, m), wanted);
  }
  t.same(read(head, m), wanted);
  t.same(
    append(
      head,
      wanted.map(([ms, value]) => [m, ms, value]),
    ),
    [],
  );
  t.equal(head.samples, 1000);
});

/** A series as a map does it: at one time the later generation is right. */
class MapSeries {
  readonly held = new Map<number, { value: number; generation: number }>();

  append(ms: number, value: number, generation: number): void {
    this.held.set(ms, { value, generation });
  }

  drop(generation: number): void {
    for (const [ms, held] of this.held) if (held.generation === generation) this.held.delete(ms);
  }

  sorted(): [number, number][] {
    return [...this.held]
      .map(([ms, { value }]) => [ms, value] as [number, number])
      .sort(([a], [b]) => a - b);
  }
}

t.test('a head does what a map per series does', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const head = newHead();
  const refs = Array.from({ length: 50 }, (_, i) => series(head, `m${i}`));
  const expected = new Map(refs.map((ref) => [ref, new MapSeries()]));
  let generation = 1;
  let values = 0;
  for (let round = 0; round < 400; round++) {
    if (next(40) === 0) {
      for (const { number } of head.frozen) {
        head.dropFrozen(number)?.release();
        for (const one of expected.values()) one.drop(number);
      }
      head.freeze(++generation);
    }
    const samples: Sample[] = Array.from({ length: next(60) }, () => {
      const ms = next(4) === 0 ? next(round * 10 + 1) : round * 10 + next(20);
      return [refs[next(refs.length)] as number, ms, ++values];
    });
    const rejected = new Set(append(head, samples).map((text) => Number(text.split('@')[1])));
    samples.forEach(([ref, ms, value], i) => {
      const isTaken = expected.get(ref)?.held.has(ms) === true;
      if (rejected.has(i) && !isTaken) t.fail(`seed ${seed}: sample at ${ms} was rejected`);
      else if (!rejected.has(i)) expected.get(ref)?.append(ms, value, generation);
    });
  }
  for (const ref of refs) {
    const got = [...new Map(read(head, ref))].sort(([a], [b]) => a - b);
    t.same(got, expected.get(ref)?.sorted(), `seed ${seed}`);
  }
});
