import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeySorter } from '@mon/storage/block/key-sorter';
import t from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import { temporaryFolder } from './block-fixture.ts';

t.test('KeySorter gives entries back in key order, in memory or by runs', async (t) => {
  const random = seededRandom(t);
  for (const bytesMax of [1e9, 50_000, 2000, 1]) {
    const path = join(temporaryFolder(t), 'spill');
    const sorter = new KeySorter({ path, bytesMax });
    const entries = Array.from({ length: 300 }, (_, i) => {
      // Now and then a value larger than what is read from the file at once.
      const length = random.next() < 0.01 ? 400_000 : random.below(300);
      const key = Uint8Array.from({ length: 1 + random.below(9) }, () => random.below(256));
      return {
        key: Buffer.concat([key, Buffer.from([i >> 8, i])]),
        value: Buffer.alloc(length, i),
      };
    });
    for (const { key, value } of entries) sorter.add(key, value);
    t.equal(existsSync(path), bytesMax < 1e9, `a file for ${bytesMax} bytes`);
    const expected = [...entries].sort((a, b) => Buffer.compare(a.key, b.key));
    let i = 0;
    for (const { key, value } of sorter.drain()) {
      const wanted = expected[i++];
      if (!wanted || Buffer.compare(key, wanted.key) || Buffer.compare(value, wanted.value)) {
        t.fail(`entry ${i} of ${bytesMax} bytes`);
      }
    }
    t.equal(i, 300);
    sorter.close();
    t.notOk(existsSync(path));
  }
});

t.test('KeySorter of nothing gives nothing', async (t) => {
  const sorter = new KeySorter({ path: join(temporaryFolder(t), 'spill'), bytesMax: 10 });
  t.same([...sorter.drain()], []);
  sorter.close();
});
