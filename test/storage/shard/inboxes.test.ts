/** Where main puts bodies: the shard that has the fewest, room that is given back. */
import { INBOX, newShardMemory } from '@mon/storage/memory/shard-layout';
import { INBOX_BODY_BYTES_MAX, Inboxes } from '@mon/storage/shard/inboxes';
import t from 'tap';

t.test('Inboxes gives a body to the shard that has the fewest requests', async (t) => {
  const memories = [newShardMemory(), newShardMemory()];
  const inboxes = new Inboxes(memories);
  const first = inboxes.room(1000);
  const second = inboxes.room(1000);
  t.same([first?.shard, second?.shard], [0, 1]);
  first?.release();
  first?.release();
  t.equal(inboxes.begin(), 0, 'given back once, however often it is said');
  t.equal(inboxes.begin(), 0);
  t.equal(inboxes.begin(), 1);
  inboxes.end(1);
  const third = inboxes.room(3);
  t.equal(third?.shard, 1);
  third?.bytes.set([1, 2, 3]);
  const { from, to } = third ?? { from: 0, to: 0 };
  t.same(
    [...new Uint8Array(memories[1]?.buffer ?? new SharedArrayBuffer(0), from, to - from)],
    [1, 2, 3],
  );
});

t.test('Inboxes has no room for large bodies, and none where it is full', async (t) => {
  const inboxes = new Inboxes([newShardMemory()]);
  t.equal(inboxes.room(INBOX_BODY_BYTES_MAX + 1), undefined);
  const rooms = [];
  for (let room = inboxes.room(INBOX_BODY_BYTES_MAX); room !== undefined; ) {
    rooms.push(room);
    room = inboxes.room(INBOX_BODY_BYTES_MAX);
  }
  t.equal(rooms.length, Math.floor(INBOX.bytes / (INBOX_BODY_BYTES_MAX + 16 * 1024)));
  rooms.shift()?.release();
  t.ok(inboxes.room(INBOX_BODY_BYTES_MAX), 'what was given back is dealt out again');
});
