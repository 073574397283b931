/**
 * A directory that cannot be read keeps nothing else from being served: the rest is answered, and
 * the answer says what is missing.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repairDirectory } from '@mon/storage/care/repair-directory';
import t from 'tap';
import { copyOf, filledDirectory } from './care/filled-directory.ts';
import { NOW_MS, openFor, readAll, recordingLog } from './database-fixture.ts';

t.test(
  'a database with a damaged directory serves the rest, and says what is missing',
  async (t) => {
    const whole = await filledDirectory(t);
    const dir = copyOf(t, whole);
    const [first = ''] = readdirSync(join(dir, 'blocks')).sort();
    const intact = await openFor(t, copyOf(t, whole));
    const all = await readAll(intact);
    rmSync(join(dir, 'blocks', first, 'CURRENT'));
    const lines: string[] = [];
    const database = await openFor(t, dir, { log: recordingLog(lines) });
    t.match(lines, [new RegExp(`error a directory is damaged.*"id":"${first}".*CURRENT`)]);
    t.match(database.stats().damagedBlocks, [{ id: first, why: /CURRENT: it is missing/ }]);
    const told: string[] = [];
    const left = await readAll(database, [], { onMissing: (what) => told.push(what) });
    t.match(told, [new RegExp(`^samples from 2024-12-31.* are missing: directory ${first} is`)]);
    const key = 'up{instance="host-3:9100", job="node"}';
    const kept = all[key]?.filter(([timestampMs]) => timestampMs > NOW_MS - 36 * 3_600_000);
    t.same(left[key], kept);
    const quiet: string[] = [];
    const recent = { startMs: NOW_MS - 3_600_000, onMissing: (what: string) => quiet.push(what) };
    await readAll(database, [], recent);
    t.same(quiet, []);
    await database.compact();
    await database.flush();
    await database.close();
    await repairDirectory(dir, NOW_MS);
    t.same(await readAll(await openFor(t, dir)), all);
  },
);
