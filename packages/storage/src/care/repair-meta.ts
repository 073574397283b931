/**
 * Repairs `DIR/meta`: its readable entries go into a new store, which then takes the place of the
 * damaged one. A crash leaves the old store, or the new one finished and waiting, which the next
 * opening puts in place.
 */
import { dirname, join } from 'node:path';
import { DatabaseFiles } from '../kv/files/database-files.ts';
import { LevelDatabase, type LevelWrite } from '../kv/level-database.ts';
import { putRepairedInPlace, repairedBeside } from '../kv/level-meta-store.ts';
import { keepOriginal, type RepairContext, type RepairedPart } from './repair-plan.ts';
import { verifyMeta } from './verify-meta.ts';

export async function repairMeta(context: RepairContext): Promise<RepairedPart> {
  const { dataDir, files, isDryRun } = context;
  const dir = join(dataDir, 'meta');
  if (!isDryRun) putRepairedInPlace(dir, files);
  const found = await verifyMeta(dataDir, { files, isRunning: false });
  if (found.problems.length === 0) return { ...found, deed: '', keptAs: undefined };
  const writes = await intactEntries(context, dir);
  if (isDryRun) return { ...found, deed: deedOf(writes.length), keptAs: undefined };
  const beside = `${dir}.repairing`;
  files.remove(beside);
  files.remove(repairedBeside(dir));
  const database = await LevelDatabase.create(beside, files);
  await database.write(writes, 'buffered');
  await database.seal(Uint8Array.of(0xff));
  const keptAs = keepOriginal(context, dir);
  files.rename(beside, repairedBeside(dir));
  files.syncDirectory(dirname(dir));
  files.remove(dir);
  putRepairedInPlace(dir, files);
  return { ...found, deed: deedOf(writes.length), keptAs };
}

function deedOf(entries: number): string {
  return `wrote the store anew with ${entries} entries`;
}

async function intactEntries({ files }: RepairContext, dir: string): Promise<LevelWrite[]> {
  const writes: LevelWrite[] = [];
  const database = new DatabaseFiles(dir, files);
  try {
    for await (const page of database.pages({ gte: new Uint8Array(0), lt: Uint8Array.of(0xff) })) {
      for (const [key, value] of page) writes.push({ type: 'put', key, value });
    }
  } finally {
    database.close();
  }
  return writes;
}
