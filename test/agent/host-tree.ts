/**
 * A small host on disk for collectors to read, removed when the test ends.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostFiles } from '@mon/agent/procfs/host-files';
import type { Test } from 'tap';

export interface HostTree {
  readonly root: string;
  readonly files: HostFiles;
  write(path: string, text: string): void;
  remove(path: string): void;
}

export function hostTree(t: Test, texts: Readonly<Record<string, string>>): HostTree {
  const root = mkdtempSync(join(tmpdir(), 'mon-host-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const tree: HostTree = {
    root,
    files: new HostFiles(root),
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove(path) {
      rmSync(join(root, path), { recursive: true });
    },
  };
  for (const [path, text] of Object.entries(texts)) tree.write(path, text);
  return tree;
}
