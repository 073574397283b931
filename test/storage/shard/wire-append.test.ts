/** Frames of the mon wire into a real database. */
import type { Database } from '@mon/storage/database';
import type { AppendOutcome } from '@mon/storage/model/appender';
import { MonError } from '@mon/storage/model/error';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import t, { type Test } from 'tap';
import { asBody, NOW_MS, openFor, readAll, temporaryDir } from '../database-fixture.ts';

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** A sender with one series for each name given. */
class Sender {
  readonly writer: WireWriter;
  #series: number[] = [];
  readonly #names: readonly string[];

  constructor(session: string, names: readonly string[]) {
    this.writer = new WireWriter(session.repeat(32));
    this.#names = names;
    this.#define();
  }

  /** A frame of one sample each. */
  frame(timestampMs: number, value = timestampMs - NOW_MS): Uint8Array<ArrayBuffer> {
    double[0] = value;
    const [low = 0, high = 0] = words;
    for (const series of this.#series) this.writer.addSample(timestampMs, { series, low, high });
    return this.writer.take();
  }

  begin(): void {
    this.writer.reset();
    this.#define();
  }

  #define(): void {
    this.#series = this.#names.map((name, i) =>
      this.writer.addSeries(labelsFromRecord({ __name__: name, host: `h${i % 3}` })),
    );
  }
}

function append(database: Database, body: Uint8Array<ArrayBuffer>): Promise<AppendOutcome> {
  // A copy: the appender takes the buffer over.
  return database.append({ kind: 'frame', tenant: DEFAULT_TENANT, frame: body.slice() });
}

async function isLost(t: Test, appended: Promise<unknown>, why: RegExp): Promise<void> {
  try {
    await appended;
    t.fail(`taken, wanted ${why}`);
  } catch (thrown) {
    t.ok(thrown instanceof MonError);
    t.match(thrown, { code: 'wire-session-lost', why });
  }
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

for (const shards of [1, 3]) {
  t.test(`append() stores frames, with ${shards} shards`, async (t) => {
    const database = await openFor(t, temporaryDir(t), { shards });
    const sender = new Sender('1', NAMES);
    for (let i = 0; i < 5; i++) {
      t.match(await append(database, sender.frame(NOW_MS + i)), { accepted: 7, rejected: 0 });
    }
    const found = await readAll(database);
    t.same(Object.keys(found).length, 7);
    const times = Array.from({ length: 5 }, (_, i) => [NOW_MS + i, i]);
    t.same(found['a{host="h0"}'], times);
    t.same(found['g{host="h0"}'], times);
    t.match(database.stats(), { wireSessions: 1, wireSeries: 7, headSeries: 7 });
  });
}

t.test('append() answers a repeated frame as before and stores it once', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const sender = new Sender('2', NAMES);
  const first = sender.frame(NOW_MS);
  const both = await Promise.all([append(database, first), append(database, first)]);
  t.match(both, [{ accepted: 7 }, { accepted: 7 }]);
  const late = sender.frame(NOW_MS + 3_600_000);
  const refused = await append(database, late);
  t.match(refused, { accepted: 0, rejected: 7, rejections: [{ code: 'too-far-ahead', index: 0 }] });
  t.same(await append(database, late), refused);
  t.match(await append(database, first), { accepted: 7 });
  t.match(await append(database, sender.frame(NOW_MS + 1)), { accepted: 7 });
  t.equal(database.stats().samplesAppended, 14);
});

t.test('append() refuses a frame whose dictionary it does not have', async (t) => {
  const dir = temporaryDir(t);
  const sender = new Sender('3', NAMES);
  const database = await openFor(t, dir);
  await append(database, sender.frame(NOW_MS));
  await database.close();
  const again = await openFor(t, dir);
  await isLost(t, append(again, sender.frame(NOW_MS + 1)), /session is not known/);
  sender.begin();
  await append(again, sender.frame(NOW_MS + 1));
  await append(again, sender.frame(NOW_MS + 2));
  const found = await readAll(again);
  t.same(
    found['b{host="h1"}']?.map(([timestampMs]) => timestampMs - NOW_MS),
    [0, 1, 2],
  );
});

t.test('append() refuses frames out of order and of other epochs', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const sender = new Sender('4', NAMES);
  const frames = [0, 1, 2].map((i) => sender.frame(NOW_MS + i));
  const [first, second, third] = frames as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ];
  await append(database, first);
  await isLost(t, append(database, third), /frames before this one are missing/);
  await append(database, second);
  await append(database, third);
  const old = sender.frame(NOW_MS + 3);
  sender.begin();
  const begun = sender.frame(NOW_MS + 3);
  await append(database, begun);
  await isLost(t, append(database, old), /another epoch/);
  await isLost(t, append(database, first), /another epoch/);
  t.match(await append(database, begun), { accepted: 7 }, 'the present epoch goes on');
  await append(database, sender.frame(NOW_MS + 4));
  t.equal(database.stats().samplesAppended, 5 * 7);
});

t.test('append() rejects series with bad labels, and only these', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const sender = new Sender('5', ['good', '', 'fine']);
  for (let i = 0; i < 3; i++) {
    t.match(await append(database, sender.frame(NOW_MS + i)), {
      accepted: 2,
      rejected: 1,
      rejections: [{ index: 1, code: 'bad-label', reason: /no __name__/ }],
    });
  }
  t.equal(Object.keys(await readAll(database)).length, 2);
});

t.test('append() knows a series of the wire and of remote write as one', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  const sender = new Sender('6', ['x']);
  await append(database, sender.frame(NOW_MS));
  await database.append(asBody([[{ __name__: 'x', host: 'h0' }, [NOW_MS + 1, 1]]]));
  await append(database, sender.frame(NOW_MS + 2));
  const expected = [0, 1, 2].map((i) => [NOW_MS + i, i]);
  t.same(await readAll(database), { 'x{host="h0"}': expected });
});

t.test('append() keeps the sessions of tenants apart', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const sender = new Sender('7', ['x']);
  await append(database, sender.frame(NOW_MS));
  const body = sender.frame(NOW_MS + 1);
  const tenant = tenantId('other');
  const other = database.append({ kind: 'frame', tenant, frame: body.slice() });
  await isLost(t, other, /session is not known/);
  await append(database, body);
  t.same(await readAll(database, [], { tenant }), {});
});

t.test('append() finds series again that had left the head', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const database = await openFor(t, temporaryDir(t), { shards: 2, clock });
  const sender = new Sender('8', NAMES);
  await append(database, sender.frame(NOW_MS));
  await database.flush();
  await database.flush();
  t.equal(database.stats().headSeries, 0);
  // Others take the refs that are free now.
  await database.append(asBody(NAMES.map((name) => [{ __name__: `other_${name}` }, [NOW_MS, 0]])));
  await append(database, sender.frame(NOW_MS + 1));
  const found = await readAll(database);
  t.equal(Object.keys(found).length, 14);
  t.same(found['c{host="h2"}'], [
    [NOW_MS, 0],
    [NOW_MS + 1, 1],
  ]);
  t.same(found.other_c, [[NOW_MS, 0]]);
});

t.test('append() stores exemplars and native histograms of a frame', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  const sender = new Sender('a', ['x']);
  const pairs = ['__name__', 'x', 'host', 'h0'];
  const exemplar = { timestampMs: NOW_MS, value: 7, labels: ['trace_id', 'abc'] };
  sender.writer.addLanes(encodeSeriesLanes([{ pairs, histograms: [], exemplars: [exemplar] }]));
  const outcome = await append(database, sender.frame(NOW_MS));
  t.match(outcome, { accepted: 1, rejected: 0, exemplars: 1 });
  t.match(await append(database, sender.frame(NOW_MS + 1)), { accepted: 1 });
  sender.writer.addLanes(Buffer.from('no message'));
  await t.rejects(append(database, sender.frame(NOW_MS + 2)), { code: 'bad-body' });
  await isLost(t, append(database, sender.frame(NOW_MS + 3)), /session is not known/);
});

t.test('append() refuses what is no frame, and stores nothing of it', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const sender = new Sender('9', ['x']);
  const frame = sender.frame(NOW_MS);
  for (const bad of [new Uint8Array(0), frame.slice(0, 39), frame.slice(0, -1)]) {
    await t.rejects(append(database, bad), { code: 'bad-wire-frame' });
  }
  await append(database, frame);
  t.equal(database.stats().samplesAppended, 1);
});
