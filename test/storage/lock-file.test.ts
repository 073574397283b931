import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDatabase } from '@mon/storage/database';
import { LockFile } from '@mon/storage/lock-file';
import t, { type Test } from 'tap';
import { databaseOptions, NOW_MS, openFor, temporaryDir } from './database-fixture.ts';

const CHILD = join(import.meta.dirname, 'crash', 'ingest-child.ts');

/** A process that holds a directory. */
async function holder(t: Test, dir: string) {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) if (line === 'ready') break;
  return child;
}

t.test('LockFile refuses a directory that another process holds, until it is gone', async (t) => {
  const dir = temporaryDir(t);
  const child = await holder(t, dir);
  t.match(readFileSync(join(dir, 'LOCK'), 'utf8'), new RegExp(`^pid ${child.pid}\nhost `));
  const why = new RegExp(`process ${child.pid} on ${hostname()} holds it since 2025-01-02T12:00`);
  await t.rejects(openDatabase(databaseOptions(dir)), { code: 'data-dir-locked', why });
  // What names another host is decided by the lock of LevelDB, as is what cannot be read.
  for (const text of ['pid 1\nhost elsewhere\nsince now\n', 'nonsense']) {
    writeFileSync(join(dir, 'LOCK'), text);
    await t.rejects(openDatabase(databaseOptions(dir)), { code: 'data-dir-locked' });
    t.equal(readFileSync(join(dir, 'LOCK'), 'utf8'), text, 'it is left as it was');
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const database = await openFor(t, dir);
  t.match(readFileSync(join(dir, 'LOCK'), 'utf8'), `pid ${process.pid}\n`);
  await database.close();
  t.notOk(existsSync(join(dir, 'LOCK')), 'it is removed at the end');
});

t.test('LockFile takes over what a dead process left, also if its pid lives again', async (t) => {
  const dir = join(temporaryDir(t), 'held');
  mkdirSync(dir);
  const dead = [
    `pid 999999999\nhost ${hostname()}\nsince now\nstarted 1\n`,
    `pid ${process.pid}\nhost ${hostname()}\nsince now\nstarted 1\n`,
  ];
  for (const text of dead) {
    writeFileSync(join(dir, 'LOCK'), text);
    const lock = LockFile.claim(dir, NOW_MS);
    lock.confirm();
    t.match(readFileSync(join(dir, 'LOCK'), 'utf8'), 'since 2025-01-02T12:00:00.000Z');
    lock.release();
    t.notOk(existsSync(join(dir, 'LOCK')));
  }
});

t.test('LockFile is given to one of two', async (t) => {
  const dir = temporaryDir(t);
  const lock = LockFile.claim(dir, NOW_MS);
  t.throws(() => LockFile.claim(dir, NOW_MS), { code: 'data-dir-locked' });
  lock.release();
  LockFile.claim(dir, NOW_MS).release();
});
