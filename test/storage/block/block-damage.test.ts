import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { BEYOND_KEYS, formatKey, KIND, parseKey } from '@mon/storage/block/block-key';
import { BlockReader } from '@mon/storage/block/block-reader';
import { crc32c } from '@mon/storage/encoding/crc32c';
import { LevelDatabase } from '@mon/storage/kv/level-database';
import { MonError } from '@mon/storage/model/error';
import { tenantId } from '@mon/storage/model/tenant';
import t, { type Test } from 'tap';
import {
  answerOf,
  collect,
  everything,
  openedBlock,
  START_MS,
  seriesOf,
  temporaryFolder,
  times,
} from './block-fixture.ts';

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** A block of two tenants and two slots, closed, and its entries. */
async function intact(t: Test): Promise<{ dir: string; entries: Entry[] }> {
  const series = ['default', 'other'].flatMap((tenant) =>
    Array.from({ length: 20 }, (_, i) =>
      seriesOf(
        { __name__: `metric_${i % 2}`, host: `host_${i}` },
        times(START_MS, 500),
        (k) => (k % 7) * i,
        tenantId(tenant),
      ),
    ),
  );
  const block = await openedBlock(t, series);
  await block.close();
  const database = await LevelDatabase.open(block.dir);
  const entries: Entry[] = [];
  for await (const page of database.pages({ gte: new Uint8Array(0), lt: BEYOND_KEYS })) {
    // Copies: `slice` of the Buffers that LevelDB gives would be a view.
    entries.push(...page.map(([key, value]) => [key, Uint8Array.from(value)] as const));
  }
  await database.close();
  return { dir: block.dir, entries };
}

/** A copy of the block with one value changed or, where undefined, removed. */
async function damaged(t: Test, dir: string, key: Uint8Array, value: Uint8Array | undefined) {
  const copy = join(temporaryFolder(t), '00000001');
  cpSync(dir, copy, { recursive: true });
  const database = await LevelDatabase.open(copy);
  await database.write(
    [value === undefined ? { type: 'del', key } : { type: 'put', key, value }],
    'buffered',
  );
  await database.close();
  return copy;
}

/** Everything that can be asked; the errors that came of it. */
async function askAll(dir: string): Promise<MonError[]> {
  const errors: MonError[] = [];
  const ask = async (question: () => Promise<unknown>) => {
    try {
      await question();
    } catch (error) {
      if (!(error instanceof MonError)) throw error;
      errors.push(error);
    }
  };
  await ask(async () => {
    const block = await BlockReader.open(dir);
    const matchers = [{ kind: '=', name: 'host', value: 'host_3' }] as const;
    for (const tenant of [tenantId('default'), tenantId('other')]) {
      await ask(() => answerOf(block, everything({ tenant })));
      await ask(() => answerOf(block, everything({ tenant, matchers })));
    }
    await ask(() => collect(block.allSeries()));
    const { problems } = await block.verify();
    errors.push(...problems);
    await block.close();
  });
  return errors;
}

const kindOf = (key: Uint8Array) => parseKey(key)?.kind ?? 'none';
const KINDS = [
  'aggregates',
  'columns',
  'header',
  'labels',
  'postings',
  'series',
  'tenant',
  'timestamps',
];

t.test('an intact block has nothing to complain of', async (t) => {
  const { dir, entries } = await intact(t);
  t.same(await askAll(dir), []);
  t.same([...new Set(entries.map(([key]) => kindOf(key)))].sort(), KINDS);
});

t.test(
  'a flipped bit in any kind of value is named with directory, key and checksums',
  async (t) => {
    const { dir, entries } = await intact(t);
    for (const kind of KINDS) {
      const [key, value] = entries.findLast(([key]) => kindOf(key) === kind) as Entry;
      // Every byte of short values, some of long ones.
      const step = Math.max(1, Math.floor(value.length / 6));
      for (let at = 0; at < value.length; at += step) {
        const changed = value.slice();
        changed[at] = (changed[at] as number) ^ (1 << (at % 8));
        const copy = await damaged(t, dir, key, changed);
        const errors = await askAll(copy);
        const title = `${formatKey(key)} byte ${at} of ${value.length}`;
        t.ok(errors.length > 0, title);
        for (const error of errors) {
          t.equal(error.code, 'corrupt-block', title);
          t.ok(error.what.includes(copy), title);
        }
        const named = errors.some((error) => error.what.includes(formatKey(key)));
        t.ok(named, `${title}: ${errors.map((error) => error.message).join('; ')}`);
      }
      const changed = value.slice();
      const middle = value.length - 6;
      changed[middle] = (changed[middle] as number) ^ 1;
      const errors = await askAll(await damaged(t, dir, key, changed));
      t.ok(
        errors.some(({ why }) => /checksum is 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}/.test(why)),
        `${kind}: ${errors[0]?.message}`,
      );
    }
  },
);

t.test('a value that is gone is found', async (t) => {
  const { dir, entries } = await intact(t);
  for (const [key] of entries) {
    const errors = await askAll(await damaged(t, dir, key, undefined));
    t.ok(errors.length > 0, formatKey(key));
    t.ok(
      errors.every(({ code }) => code === 'corrupt-block'),
      formatKey(key),
    );
  }
});

t.test('a value under the key of another of its kind is found', async (t) => {
  const { dir, entries } = await intact(t);
  for (const kind of ['columns', 'timestamps', 'tenant', 'aggregates']) {
    const [first, second] = entries.filter(([key]) => kindOf(key) === kind) as [Entry, Entry];
    const errors = await askAll(await damaged(t, dir, first[0], second[1]));
    t.ok(errors.length > 0, kind);
  }
});

t.test('a truncated value is found at any length', async (t) => {
  const { dir, entries } = await intact(t);
  for (const kind of KINDS) {
    const [key, value] = entries.find(([key]) => kindOf(key) === kind) as Entry;
    for (const length of [0, 1, 5, 6, 7, Math.floor(value.length / 2), value.length - 1]) {
      const errors = await askAll(await damaged(t, dir, key, value.slice(0, length)));
      t.ok(errors.length > 0, `${kind} cut to ${length}`);
    }
  }
});

t.test(
  'a block of another version is refused by name, a damaged one is not taken for it',
  async (t) => {
    const { dir, entries } = await intact(t);
    const [key, value] = entries.find(([k]) => k[0] === KIND.header) as Entry;
    const older = value.slice();
    older[0] = 1;
    const checked = older.length - 4;
    const checksum = crc32c(older, 0, checked, crc32c(key));
    const damage = await damaged(t, dir, key, older);
    await t.rejects(BlockReader.open(damage), { code: 'corrupt-block', why: /checksum/ });
    new DataView(older.buffer, older.byteOffset).setUint32(checked, checksum, true);
    const other = await damaged(t, dir, key, older);
    await t.rejects(BlockReader.open(other), { code: 'block-version', mend: /upgrading/ });
  },
);
