import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory } from '@mon/storage/files/file-actions';
import t from 'tap';
import { temporaryDir } from '../database-fixture.ts';
import { failingFiles } from './failing-files.ts';

t.test('makeDirectory() syncs the parents of what it makes, and of what that is in', async (t) => {
  const dir = temporaryDir(t);
  const synced: string[] = [];
  const files = failingFiles((call, path) => call === 'sync folder' && synced.push(path));
  makeDirectory(files, join(dir, 'a', 'b'));
  t.same(synced, [dirname(dir), dir, join(dir, 'a')]);
});

t.test('makeDirectory() syncs the parent of a folder that a killed process made', async (t) => {
  const dir = temporaryDir(t);
  mkdirSync(join(dir, 'a'));
  const synced: string[] = [];
  makeDirectory(
    failingFiles((call, path) => call === 'sync folder' && synced.push(path)),
    join(dir, 'a'),
  );
  t.same(synced, [dir]);
});
