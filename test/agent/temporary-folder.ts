/**
 * A folder of a test's own, removed when the test ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export function temporaryFolder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-agent-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
