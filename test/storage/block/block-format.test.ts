import { readFileSync } from 'node:fs';
import {
  aggregatesKey,
  BEYOND_KEYS,
  columnsKey,
  formatKey,
  KIND,
  pageKey,
  parseKey,
  tenantKey,
  timestampsKey,
} from '@mon/storage/block/block-key';
import { LevelDatabase } from '@mon/storage/kv/level-database';
import t from 'tap';
import { openedBlock, seriesOf, times } from './block-fixture.ts';

t.test('a block has the bytes that the format document quotes', async (t) => {
  const stamps = times(0, 3);
  const block = await openedBlock(t, [
    seriesOf({ __name__: 'up', job: 'a' }, stamps, () => 1),
    seriesOf({ __name__: 'up', job: 'b' }, stamps, (i) => (i === 1 ? 0 : 1)),
  ]);
  await block.close();
  const database = await LevelDatabase.open(block.dir);
  t.teardown(() => database.close());
  const lines: string[] = [];
  for await (const page of database.pages({ gte: new Uint8Array(0), lt: BEYOND_KEYS })) {
    for (const [key, value] of page) {
      lines.push(`${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`);
    }
  }
  const document = readFileSync(new URL('../../../docs/formats/block.md', import.meta.url), 'utf8');
  const quoted = document.slice(document.indexOf('## Golden bytes')).split('```')[1] ?? '';
  t.equal(lines.join('\n'), quoted.trim());
});

t.test('keys sort as slots do, and say what they are', async (t) => {
  const slots = [-(2 ** 40), -5, -1, 0, 1, 2 ** 31, 2 ** 32, 2 ** 40];
  const keys = slots.map((slot) => timestampsKey(slot, 7));
  keys.forEach((key, i) => {
    t.same(parseKey(key), { kind: 'timestamps', slot: slots[i], page: 7 });
    if (i > 0) t.ok(Buffer.compare(keys[i - 1] as Uint8Array, key) < 0);
  });
  t.equal(formatKey(columnsKey(-3, 9)), 'columns slot=-3 column=0 group=9');
  t.equal(formatKey(aggregatesKey(3, 2 ** 32 - 1)), 'aggregates slot=3 group=4294967295');
  t.equal(formatKey(pageKey(KIND.series, 12)), 'series page=12');
  t.equal(formatKey(tenantKey('team-a')), 'tenant tenant=team-a');
  t.equal(formatKey(Uint8Array.of(1, 2)), '0x0102');
});
