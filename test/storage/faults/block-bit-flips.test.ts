/**
 * Bits flipped all over the files of a block, and lengths these are cut to: an error names it, or the
 * answer is right. Tables are left out of the flips: LevelDB gives a flipped bit back without a word,
 * or ends the process by an assertion of its own. What reads them without LevelDB finds every one:
 * `care/verify-directory.test.ts`; every kind of value: `block/block-damage.test.ts`.
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockReader } from '@mon/storage/block/block-reader';
import { MonError } from '@mon/storage/model/error';
import t, { type Test } from 'tap';
import {
  type Answer,
  answerOf,
  everything,
  openedBlock,
  START_MS,
  seriesOf,
  times,
} from '../block/block-fixture.ts';

/** A small sealed block, what it answers, and its files. */
async function sealed(t: Test) {
  const series = Array.from({ length: 6 }, (_, i) =>
    seriesOf({ __name__: 'm', i: `${i}` }, times(START_MS, 40), (k) => k * i),
  );
  const block = await openedBlock(t, series);
  const answer = await answerOf(block, everything());
  await block.close();
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mon-flips-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return { dir: block.dir, answer, names: readdirSync(block.dir), root };
}

/** A fresh copy: LevelDB writes when it opens. */
function copyOf(dir: string, root: string): string {
  const copy = join(root, '00000001');
  rmSync(copy, { recursive: true, force: true });
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** Whether a block gives a wrong answer without a word. */
async function isSilentlyWrong(dir: string, answer: Answer): Promise<boolean> {
  try {
    const block = await BlockReader.open(dir);
    try {
      const found = await answerOf(block, everything());
      const { problems } = await block.verify();
      const isSame = [...answer].every(([key, text]) => found.get(key) === text);
      return problems.length === 0 && !(isSame && found.size === answer.size);
    } finally {
      await block.close();
    }
  } catch (error) {
    if (!(error instanceof MonError)) throw error;
    return false;
  }
}

/** Places looked at in each file of a block; opening LevelDB takes milliseconds. */
const PLACES = 300;

t.test('a block gives no wrong answer, whatever bit flips in its files', async (t) => {
  const { dir, answer, names, root } = await sealed(t);
  t.ok(names.includes('CURRENT') && names.some((name) => name.endsWith('.ldb')), `${names}`);
  let flips = 0;
  for (const name of names.filter((name) => !name.endsWith('.ldb'))) {
    const whole = readFileSync(join(dir, name));
    const step = Math.max(1, whole.length / PLACES);
    for (let place = 0; place < whole.length; place += step) {
      const at = Math.floor(place);
      const copy = copyOf(dir, root);
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      writeFileSync(join(copy, name), bytes);
      if (await isSilentlyWrong(copy, answer)) t.fail(`${name}: bit ${at % 8} of byte ${at}`);
      flips++;
    }
  }
  t.ok(flips > names.length, `${flips} flips`);
});

t.test('a block gives no wrong answer, whatever length its files are cut to', async (t) => {
  const { dir, answer, names, root } = await sealed(t);
  let cuts = 0;
  for (const name of names) {
    const { length } = readFileSync(join(dir, name));
    const step = Math.max(1, length / (PLACES / 3));
    for (let place = 0; place < length; place += step) {
      const copy = copyOf(dir, root);
      truncateSync(join(copy, name), Math.floor(place));
      if (await isSilentlyWrong(copy, answer)) t.fail(`${name} cut to ${Math.floor(place)}`);
      cuts++;
    }
  }
  t.ok(cuts > 0, `${cuts} cuts`);
});
