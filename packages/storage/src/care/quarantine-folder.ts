/**
 * `DIR/quarantined/`: the originals of what was repaired.
 *
 * An original is linked there, whole, before anything takes its place: a crash leaves both names or
 * one. What has the same name already is from an earlier try, or gets a number.
 */
import { join, relative } from 'node:path';
import { isCode, makeDirectory, readFile, replaceFile } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';

export const QUARANTINE_NAME = 'quarantined';

/** Keeps a file or a flat folder; returns its path within the data directory. */
export function keepAside(files: Files, dataDir: string, path: string): string {
  const folder = join(dataDir, QUARANTINE_NAME);
  makeDirectory(files, folder);
  const name = freeName(files, folder, relative(dataDir, path).replaceAll('/', '-'));
  const target = join(folder, name);
  const beside = `${target}.part`;
  files.remove(beside);
  if (files.state(path)?.isDirectory === true) {
    files.makeDirectory(beside);
    for (const file of files.list(path)) linkOrCopy(files, join(path, file), join(beside, file));
    files.syncDirectory(beside);
  } else {
    linkOrCopy(files, path, beside);
  }
  files.rename(beside, target);
  files.syncDirectory(folder);
  return `${QUARANTINE_NAME}/${name}`;
}

function freeName(files: Files, folder: string, name: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}.${n}`;
    if (files.state(join(folder, candidate)) === undefined) return candidate;
  }
}

/** A file system without links gets a copy. */
function linkOrCopy(files: Files, from: string, to: string): void {
  try {
    files.link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].some((code) => isCode(error, code))) {
      throw error;
    }
    replaceFile(files, to, [readFile(files, from)]);
  }
}
