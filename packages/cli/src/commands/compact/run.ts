/**
 * `mon compact run`: merges small blocks into larger ones, now.
 */
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { offlineFlags, reportFacts, runOffline, runOnline } from '../../job-run.ts';
import { formatFacts } from '../../print/facts.ts';
import { prose } from '../../prose.ts';
import { serverConfig } from '../../server-flags.ts';

export default class CompactRun extends MonCommand {
  static override summary = 'Merge small blocks into larger ones, now';
  static override description = prose(`
A server does this by itself on a schedule. This command asks it to do so now and waits for the
end; with --data-dir it works on the directory of a server that is down.
`);
  static override examples = [
    '<%= config.bin %> compact run',
    '<%= config.bin %> compact run --data-dir /var/lib/mon -o json',
  ];
  static override flags = { ...outputFlag, ...offlineFlags, ...connectionFlags };

  async run(): Promise<void> {
    const { flags } = await this.usage(CompactRun);
    const report =
      flags['data-dir'] === undefined
        ? await this.withClient(flags, (client) => runOnline(client, 'compact'))
        : await runOffline('compact', {
            config: await serverConfig({ ...flags, 'insecure-no-auth': false }),
            clock: this.clock,
          });
    this.print(formatFacts(flags.output, reportFacts(report)));
  }
}
