/**
 * `mon storage verify`: reads everything and checks every checksum and count.
 */
import type { DirectoryReport } from '@mon/storage/care/verify-directory';
import { connectionFlags, MonCommand } from '../../command.ts';
import { EXIT } from '../../exit-code.ts';
import { offlineFlags, withInterrupt } from '../../job-run.ts';
import { formatParts, partsSummary } from '../../print/part-reports.ts';
import { formatDocument } from '../../print/rows.ts';
import { prose } from '../../prose.ts';
import { serverConfig } from '../../server-flags.ts';
import { reportWidth, withDirectory } from '../../storage-directory.ts';
import { documentOutputFlag } from '../../storage-output.ts';

export default class StorageVerify extends MonCommand {
  static override summary = 'Check every checksum and count of what is on disk';
  static override description = prose(`
Reads the manifest, the write-ahead log, the store of rules and every directory of samples, and
names what is damaged: the file and byte, and which series over which time cannot be read. Changes
nothing. A server that is up does it in a thread beside its work; with --data-dir the directory of a
server that is down is read. Exits with 1 where anything is damaged.
`);
  static override examples = [
    '<%= config.bin %> storage verify',
    '<%= config.bin %> storage verify --data-dir /var/lib/mon',
    '<%= config.bin %> storage verify -o json',
  ];
  static override flags = { ...documentOutputFlag, ...offlineFlags, ...connectionFlags };

  async run(): Promise<void> {
    const { flags } = await this.usage(StorageVerify);
    const report: DirectoryReport =
      flags['data-dir'] === undefined
        ? await this.withClient(flags, (client) =>
            withInterrupt((signal) => client.verifyStorage(signal)),
          )
        : await this.#offline(
            (await serverConfig({ ...flags, 'insecure-no-auth': false })).dataDir,
          );
    if (flags.output !== 'table') this.print(formatDocument(flags.output, report));
    else {
      this.print(formatParts(report.parts, reportWidth()));
      this.print(`\n${partsSummary(report.parts)}`);
      if (!report.isIntact) this.#tryRepair(report.dataDir);
    }
    if (!report.isIntact) process.exitCode = EXIT.failed;
  }

  async #offline(dataDir: string): Promise<DirectoryReport> {
    const { verifyDirectory } = await import('@mon/storage/care/verify-directory');
    const online = 'Leave --data-dir out, so that the server that runs there does it.';
    return withDirectory(dataDir, { nowMs: this.clock.nowMs(), online }, () =>
      withInterrupt((signal) => verifyDirectory(dataDir, { signal })),
    );
  }

  #tryRepair(dataDir: string): void {
    this.remark(
      `Try this: stop the server, then mon storage repair --data-dir ${dataDir} --dry-run`,
    );
  }
}
