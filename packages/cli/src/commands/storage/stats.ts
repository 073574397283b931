/**
 * `mon storage stats`: where the bytes are.
 */
import type { DirectoryStats } from '@mon/storage/care/directory-stats';
import { Flags } from '@oclif/core';
import { connectionFlags, MonCommand } from '../../command.ts';
import { offlineFlags, withInterrupt } from '../../job-run.ts';
import { formatDocument } from '../../print/rows.ts';
import { formatStorageStats } from '../../print/storage-stats.ts';
import { prose } from '../../prose.ts';
import { serverConfig } from '../../server-flags.ts';
import { reportWidth, withDirectory } from '../../storage-directory.ts';
import { documentOutputFlag } from '../../storage-output.ts';

export default class StorageStats extends MonCommand {
  static override summary = 'Show where the bytes on disk are';
  static override description = prose(`
By place, by directory of samples, by part within them (values, timestamps, index), and the metrics,
labels and label pairs with most series. Everything on disk is read for it; nothing is changed. With
--data-dir the directory of a server that is down is read. Samples that are in memory and in the
write-ahead log alone are counted as bytes of the log.
`);
  static override examples = [
    '<%= config.bin %> storage stats',
    '<%= config.bin %> storage stats --top 20 --data-dir /var/lib/mon',
    '<%= config.bin %> storage stats -o json',
  ];
  static override flags = {
    ...documentOutputFlag,
    top: Flags.integer({
      helpValue: 'N',
      default: 10,
      min: 1,
      max: 10_000,
      summary: 'Metrics, labels and pairs to list',
    }),
    ...offlineFlags,
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(StorageStats);
    const { top } = flags;
    const stats: DirectoryStats =
      flags['data-dir'] === undefined
        ? await this.withClient(flags, (client) =>
            withInterrupt((signal) => client.storageStats(top, signal)),
          )
        : await this.#offline(
            (await serverConfig({ ...flags, 'insecure-no-auth': false })).dataDir,
            top,
          );
    if (flags.output !== 'table') this.print(formatDocument(flags.output, stats));
    else this.print(formatStorageStats(stats, reportWidth()));
  }

  async #offline(dataDir: string, top: number): Promise<DirectoryStats> {
    const { directoryStats } = await import('@mon/storage/care/directory-stats');
    const online = 'Leave --data-dir out, so that the server that runs there does it.';
    return withDirectory(dataDir, { nowMs: this.clock.nowMs(), online }, () =>
      withInterrupt((signal) => directoryStats(dataDir, { top, signal })),
    );
  }
}
