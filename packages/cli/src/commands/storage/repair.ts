/**
 * `mon storage repair`: saves what is readable of a damaged directory.
 */
import { Flags } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { withInterrupt } from '../../job-run.ts';
import { formatParts, partsSummary } from '../../print/part-reports.ts';
import { formatDocument } from '../../print/rows.ts';
import { prose } from '../../prose.ts';
import { refuseNoDirectory, reportWidth, withMend } from '../../storage-directory.ts';
import { documentOutputFlag } from '../../storage-output.ts';

export default class StorageRepair extends MonCommand {
  static override summary = 'Save what is readable of a damaged data directory';
  static override description = prose(`
Works on the directory of a server that is down. Directories of samples that are damaged are written
anew with all that can be read; a single flipped bit is set right by its checksum; damage is taken
out of the write-ahead log; a damaged or lost manifest is rebuilt from the directories. What cannot
be saved is named: series and time. The damaged originals stay in DIR/quarantined/. Running it again
does nothing more; when it was stopped, running it again goes on.
`);
  static override examples = [
    '<%= config.bin %> storage repair --data-dir /var/lib/mon --dry-run',
    '<%= config.bin %> storage repair --data-dir /var/lib/mon',
  ];
  static override flags = {
    ...documentOutputFlag,
    'data-dir': Flags.string({
      helpValue: 'DIR',
      required: true,
      summary: 'The data directory; its server is down',
    }),
    'dry-run': Flags.boolean({ summary: 'Say what would be done and lost; change nothing' }),
    delete: Flags.boolean({
      summary: 'Delete the damaged originals instead of keeping them in DIR/quarantined/',
      exclusive: ['dry-run'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(StorageRepair);
    const dataDir = flags['data-dir'];
    refuseNoDirectory(dataDir);
    const { repairDirectory } = await import('@mon/storage/care/repair-directory');
    const report = await withInterrupt((signal) =>
      repairDirectory(dataDir, this.clock.nowMs(), {
        isDryRun: flags['dry-run'],
        deletesOriginals: flags.delete,
        signal,
      }),
    ).catch((thrown) => {
      throw withMend(thrown, 'Stop the server that runs there, then repair.');
    });
    if (flags.output !== 'table') {
      this.print(formatDocument(flags.output, report));
      return;
    }
    this.print(formatParts(report.parts, reportWidth()));
    const tense = report.isDryRun ? 'dry run, nothing is changed: ' : '';
    this.print(`\n${tense}${partsSummary(report.parts)}`);
  }
}
