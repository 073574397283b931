/**
 * A power loss at each call of a cut: the block that LevelDB wrote, and the manifest's record of it.
 * A directory counts only with what we have synced of it, whatever LevelDB did by itself.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockReader } from '@mon/storage/block/block-reader';
import { writeBlock } from '@mon/storage/block/block-writer';
import { makeDirectory } from '@mon/storage/files/file-actions';
import { Manifest } from '@mon/storage/manifest/manifest';
import { MonError } from '@mon/storage/model/error';
import t, { type Test } from 'tap';
import {
  answerOf,
  everything,
  KEY,
  naiveAnswer,
  SLOT_MS,
  START_MS,
  seriesOf,
  sorted,
  times,
} from '../block/block-fixture.ts';
import { randomFrom } from '../random.ts';
import { ProcessEnd, SimulatedFiles } from './simulated-files.ts';

const SERIES = Array.from({ length: 5 }, (_, i) =>
  seriesOf({ __name__: 'm', i: `${i}` }, times(START_MS, 30), (k) => k + i),
);

function simulated(t: Test, seed: number) {
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mon-sealed-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const files = new SimulatedFiles(root, randomFrom(seed));
  const dataDir = join(root, 'mon');
  makeDirectory(files, dataDir);
  const open = () => Manifest.open(dataDir, () => Buffer.from(KEY), files);
  return { files, open };
}

/** Writes one block and lists it. */
async function cut(manifest: Manifest): Promise<void> {
  const id = manifest.newBlockId();
  const summary = await writeBlock({
    dir: manifest.blockDir(id),
    hashKey: manifest.hashKey,
    slotWidthMs: SLOT_MS,
    generations: { min: 1, max: 1 },
    sources: [],
    series: sorted(SERIES),
    files: manifest.files,
  });
  const add = summary === undefined ? [] : [{ id, tier: 'raw' as const, ...summary }];
  manifest.commit({ add, remove: [], generations: [1] });
}

/** Whether the block is listed; where it is, it is whole. */
async function isThere(t: Test, manifest: Manifest, what: string): Promise<boolean> {
  const [entry] = manifest.live;
  if (entry === undefined) return false;
  const block = await BlockReader.open(manifest.blockDir(entry.id));
  try {
    t.same(await answerOf(block, everything()), naiveAnswer(SERIES, everything()), what);
    t.same((await block.verify()).problems, [], what);
  } finally {
    await block.close();
  }
  return true;
}

t.test('a listed block opens after a power loss at any call', async (t) => {
  t.setTimeout(10 * 60 * 1000);
  let listed = 0;
  let callsToEnd = 0;
  for (let calls = 0; callsToEnd === 0; calls++) {
    const { files, open } = simulated(t, calls);
    const manifest = open();
    files.callsLeft = calls;
    try {
      await cut(manifest);
      callsToEnd = calls;
    } catch (error) {
      if (!(error instanceof ProcessEnd) && !files.hasEnded) throw error;
    }
    const what = `power loss at call ${calls}`;
    files.losePower();
    const again = open();
    const isListed = await isThere(t, again, what);
    if (isListed) listed++;
    if (callsToEnd > 0) t.ok(isListed, 'what was committed is there');
    again.close();
  }
  t.ok(callsToEnd > 10 && listed > 0, `${callsToEnd} calls, listed after ${listed}`);
});

t.test(
  'a call that fails at any step of a cut leaves nothing, and the next cut is right',
  async (t) => {
    t.setTimeout(10 * 60 * 1000);
    let isOver = false;
    for (let step = 0; !isOver; step++) {
      for (const code of ['EIO', 'ENOSPC'] as const) {
        const { files, open } = simulated(t, step);
        const manifest = open();
        let left = step;
        const call = files.call.bind(files);
        files.call = (what, codes, act) => {
          if (left-- === 0) throw files.fault(code, what);
          call(what, codes, act);
        };
        const what = `${code} at step ${step}`;
        try {
          await cut(manifest);
          isOver = true;
        } catch (error) {
          t.ok(error instanceof MonError, `${what}: ${error}`);
        }
        files.call = call;
        if (manifest.live.length === 0) await cut(manifest);
        t.ok(await isThere(t, manifest, what), what);
        manifest.close();
        files.losePower();
        const again = open();
        t.ok(await isThere(t, again, `${what}, then a power loss`), what);
        again.close();
      }
    }
  },
);
