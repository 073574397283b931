/**
 * `DIR/meta`: its entries have no checksums of ours, so LevelDB's own are all checked. Reads only.
 */
import { join } from 'node:path';
import type { Files } from '../files/files.ts';
import { DatabaseFiles } from '../kv/files/database-files.ts';
import { directoryBytes } from '../kv/level-database.ts';
import { formatFault, isLevelFile } from './file-faults.ts';
import { PartFindings, type PartReport } from './part-report.ts';

/** A store that is being written is read again where files went away meanwhile. */
const TRIES = 5;

export async function verifyMeta(
  dataDir: string,
  { files, isRunning }: { readonly files: Files; readonly isRunning: boolean },
): Promise<PartReport> {
  for (let left = isRunning ? TRIES : 1; ; left--) {
    const findings = new PartFindings('meta', 'meta');
    try {
      await readMeta(join(dataDir, 'meta'), findings, { files, isRunning });
      if (!findings.isDamaged || left === 1) return findings.report();
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

async function readMeta(
  dir: string,
  findings: PartFindings,
  { files, isRunning }: { readonly files: Files; readonly isRunning: boolean },
): Promise<void> {
  if (files.state(dir) === undefined || files.list(dir).length === 0) {
    findings.remark('there is none yet');
    return;
  }
  findings.bytes = directoryBytes(dir, files);
  const database = new DatabaseFiles(dir, files);
  try {
    const everything = { gte: new Uint8Array(0), lt: Uint8Array.of(0xff) };
    for await (const page of database.pages(everything)) findings.values += page.length;
    for (const fault of database.faults) {
      const [where, why] = formatFault(fault, quoted);
      findings.problem(where, why);
      if (fault.isMended === true) continue;
      const from = `entries ${quoted(fault.firstKey ?? new Uint8Array(0))}`;
      const to = quoted(fault.lastKey ?? Uint8Array.of(0x7e));
      const times = { minTimeMs: undefined, maxTimeMs: undefined };
      if (/\.(ldb|log)$/.test(fault.file)) findings.loss({ series: 0, from, to, ...times });
    }
    if (database.tornBytes > 0 && !isRunning) {
      findings.remark(`it ends in a write of ${database.tornBytes} bytes cut short`);
    }
    for (const name of database.names) {
      if (!isLevelFile(name)) findings.remark(`${name} does not belong there`);
    }
  } finally {
    database.close();
  }
}

function quoted(key: Uint8Array): string {
  return JSON.stringify(Buffer.from(key).toString('utf8'));
}
