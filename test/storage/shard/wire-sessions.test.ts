import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import { readFrameHead, unpackFrame } from '@mon/storage/protocol/mon-wire-frame';
import { WireSamples } from '@mon/storage/protocol/mon-wire-reader';
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import { WireSessions } from '@mon/storage/shard/wire-sessions';
import t from 'tap';

const BOUNDS = { sessionsMax: 3, bytesMax: 1024 * 1024, idleMs: 1000 };
const head = (session: number, epoch = 0) => {
  return { session: session.toString(16).padStart(32, '0'), epoch, sequence: 0 };
};

t.test('WireSessions drops the session used longest ago when there are too many', async (t) => {
  const sessions = new WireSessions(() => 0, BOUNDS);
  const [first] = [1, 2, 3].map((i) => sessions.begin(DEFAULT_TENANT, head(i)));
  if (first !== undefined) sessions.use(first, () => {});
  sessions.begin(DEFAULT_TENANT, head(4));
  const known = [1, 2, 3, 4].map((i) => sessions.find(DEFAULT_TENANT, head(i)) !== undefined);
  t.same(known, [true, false, true, true]);
  t.equal(sessions.count, 3);
});

t.test('WireSessions drops idle sessions', async (t) => {
  let nowMs = 0;
  const sessions = new WireSessions(() => nowMs, BOUNDS);
  sessions.begin(DEFAULT_TENANT, head(1));
  nowMs = 1000;
  sessions.begin(DEFAULT_TENANT, head(2));
  t.equal(sessions.count, 2);
  nowMs = 1001;
  sessions.begin(DEFAULT_TENANT, head(3));
  t.equal(sessions.find(DEFAULT_TENANT, head(1)), undefined);
  t.equal(sessions.count, 2);
});

t.test('WireSessions counts series and bytes, and bounds the bytes', async (t) => {
  const sessions = new WireSessions(() => 0, { ...BOUNDS, bytesMax: 100_000 });
  const fill = (session: number, series: number) => {
    const writer = new WireWriter(head(session).session);
    for (let i = 0; i < series; i++) writer.addSeries(['__name__', 'm', 'i', `${i} of ${session}`]);
    const frame = writer.take();
    const begun = sessions.begin(DEFAULT_TENANT, readFrameHead(frame));
    const samples = new WireSamples();
    sessions.use(begun, () => begun.reader.read(unpackFrame(frame), samples));
  };
  fill(1, 100);
  const { bytes } = sessions;
  t.equal(sessions.series, 100);
  fill(2, 100);
  t.equal(sessions.series, 200);
  t.equal(sessions.bytes, 2 * bytes);
  fill(3, 5000);
  t.same(
    [1, 2, 3].map((i) => sessions.find(DEFAULT_TENANT, head(i)) !== undefined),
    [false, false, true],
  );
  t.equal(sessions.series, 5000);
});

t.test('WireSessions.begin() puts an epoch in place of the one before', async (t) => {
  const sessions = new WireSessions(() => 0, BOUNDS);
  const before = sessions.begin(DEFAULT_TENANT, head(1));
  const after = sessions.begin(DEFAULT_TENANT, head(1, 1));
  sessions.drop(before);
  t.equal(sessions.find(DEFAULT_TENANT, head(1)), after, 'the old one is no longer its own');
  t.equal(sessions.find(tenantId('other'), head(1)), undefined);
  sessions.drop(after);
  t.match(sessions, { count: 0, series: 0, bytes: 0 });
});
