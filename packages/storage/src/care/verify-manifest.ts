/**
 * MANIFEST.log, the copy of its head, and whether `blocks/` holds what it lists and nothing else.
 * Reads only.
 */
import { join } from 'node:path';
import { readFile } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { HEAD_COPY_NAME, MANIFEST_NAME } from '../manifest/manifest.ts';
import { encodeHead } from '../manifest/manifest-record.ts';
import { blockNames, type KnownManifest } from './known-manifest.ts';
import { PartFindings, type PartReport } from './part-report.ts';

export function manifestReport(
  dataDir: string,
  manifest: KnownManifest,
  { files, isRunning }: { readonly files: Files; readonly isRunning: boolean },
): PartReport {
  const findings = new PartFindings('manifest', MANIFEST_NAME);
  const names = blockNames(dataDir, files);
  const { head, records, damages, tornBytes, state } = manifest;
  findings.bytes = manifest.bytes;
  findings.values = records.length + (head === undefined ? 0 : 1);
  checkHeadCopy(dataDir, manifest, { files, findings });
  const isNew = !manifest.isThere && names.length === 0;
  if (isNew) findings.remark('there is none yet');
  else if (!manifest.isThere) {
    findings.problem(MANIFEST_NAME, `it is missing, and there are ${names.length} directories`);
  } else if (head === undefined) findings.problem('head', 'the key of the series hashes is lost');
  for (const { offset, reason, isMended } of damages) {
    const why = isMended ? `${reason}: one flipped bit, which can be set right` : reason;
    findings.problem(`byte ${offset}`, why);
  }
  if (tornBytes > 0 && !isRunning) {
    findings.remark(`it ends in a record of ${tornBytes} bytes cut short: never answered`);
  }
  for (const name of isRunning ? [] : names) {
    if (state.live.has(name)) continue;
    if (!findings.isDamaged) {
      findings.remark(`blocks/${name} is not listed: a crash left it, the next start removes it`);
      continue;
    }
    // Where records are lost, a directory that is not listed may be one that lives.
    findings.problem(`blocks/${name}`, 'it is not listed, perhaps since records are lost');
  }
  return findings.report();
}

function checkHeadCopy(
  dataDir: string,
  { head }: KnownManifest,
  { files, findings }: { readonly files: Files; readonly findings: PartFindings },
): void {
  const path = join(dataDir, HEAD_COPY_NAME);
  if (head === undefined || files.state(path) === undefined) return;
  if (Buffer.compare(readFile(files, path), encodeHead(head)) === 0) return;
  findings.problem(HEAD_COPY_NAME, `it is not the head of ${MANIFEST_NAME}`);
}
