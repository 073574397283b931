/**
 * One directory of samples: LevelDB's files, every value, every count, and what the manifest says.
 * Reads only.
 */

import { join } from 'node:path';
import type { BlockHeader } from '../block/block-header.ts';
import { verifyBlock } from '../block/verify-block.ts';
import type { Files } from '../files/files.ts';
import type { HashKey } from '../index/series-hash.ts';
import type { DatabaseFiles } from '../kv/files/database-files.ts';
import { directoryBytes } from '../kv/level-database.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { openBlockFiles } from './block-files.ts';
import { formatFault, isLevelFile } from './file-faults.ts';
import { PartFindings, type PartReport } from './part-report.ts';
import { BlockSalvage } from './salvage-block.ts';
import { storedHeader } from './salvaged-header.ts';

export interface BlockToVerify {
  readonly dataDir: string;
  readonly entry: ManifestEntry;
  readonly hashKey: HashKey;
  readonly files: Files;
  readonly signal?: AbortSignal;
}

export async function verifyBlockDirectory(block: BlockToVerify): Promise<PartReport> {
  const { dataDir, entry, files } = block;
  const name = `blocks/${entry.id}`;
  const dir = join(dataDir, 'blocks', entry.id);
  const findings = new PartFindings('block', name);
  findings.saw(entry.minTimeMs, entry.maxTimeMs);
  findings.series = entry.series;
  if (files.state(dir) === undefined) {
    findings.problem(name, 'the manifest lists it, and it is not there');
    loseAll(findings, entry);
    return findings.report();
  }
  findings.bytes = directoryBytes(dir, files);
  const database = openBlockFiles(dir, files);
  try {
    await verifyContent(database, block, findings);
  } finally {
    database.close();
  }
  return findings.report();
}

async function verifyContent(
  database: DatabaseFiles,
  block: BlockToVerify,
  findings: PartFindings,
): Promise<void> {
  const { entry, signal } = block;
  const header = storedHeader(database);
  if (header === undefined) findings.problem('header', 'it is missing or damaged');
  else {
    compareWithManifest(header, entry, findings);
    const { values, samples, problems } = await verifyBlock(database, header, signal);
    findings.values = values;
    findings.samples = samples;
    for (const { what, why } of problems) findings.problem(keyOf(what), why);
  }
  for (const fault of database.faults) findings.problem(...formatFault(fault));
  if (database.tornBytes > 0) findings.problem('log', 'a sealed directory has a write cut short');
  for (const file of database.names) {
    if (!isLevelFile(file)) findings.remark(`${file} does not belong there`);
  }
  if (findings.isDamaged) await nameLosses(database, block, findings);
}

/** Reads the block as a repair would, to tell what that could not save. */
async function nameLosses(
  entries: DatabaseFiles,
  { entry, hashKey, signal }: BlockToVerify,
  findings: PartFindings,
): Promise<void> {
  const onLoss = findings.loss.bind(findings);
  const base = { entries, summary: entry, hashKey, onLoss };
  const salvage = await BlockSalvage.open(signal === undefined ? base : { ...base, signal });
  if (salvage === undefined) {
    loseAll(findings, entry);
    return;
  }
  let saved = 0;
  for await (const { values, histograms } of salvage.series()) {
    saved += values.length + (histograms?.timestampsMs.length ?? 0);
  }
  findings.samples = saved;
  findings.samplesLost = Math.max(0, entry.samples - saved);
}

export function loseAll(findings: PartFindings, entry: ManifestEntry): void {
  const { series, samples, minTimeMs, maxTimeMs } = entry;
  const what = 'all series of the directory';
  findings.loss({ series, from: what, to: what, minTimeMs, maxTimeMs });
  findings.samples = 0;
  findings.samplesLost = samples;
}

const COMPARED = ['minTimeMs', 'maxTimeMs', 'series', 'samples'] as const;

function compareWithManifest(
  header: BlockHeader,
  entry: ManifestEntry,
  findings: PartFindings,
): void {
  for (const field of COMPARED) {
    if (header[field] === entry[field]) continue;
    const why = `it says ${field} ${header[field]}, and the manifest says ${entry[field]}`;
    findings.problem('header', why);
  }
}

/** The key alone, out of "Cannot read <key> of block <dir>". */
function keyOf(what: string): string {
  return /^Cannot read (.+) of block /.exec(what)?.[1] ?? what;
}
