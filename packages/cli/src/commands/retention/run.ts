/**
 * `mon retention run`: drops what is older than the retention, now.
 */
import { Flags } from '@oclif/core';
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { offlineFlags, reportFacts, runOffline, runOnline } from '../../job-run.ts';
import { formatFacts } from '../../print/facts.ts';
import { prose } from '../../prose.ts';
import { serverConfig } from '../../server-flags.ts';

export default class RetentionRun extends MonCommand {
  static override summary = 'Drop blocks that are older than the retention, now';
  static override description = prose(`
A server does this by itself on a schedule. This command asks it to do so now and waits for the
end; with --data-dir it works on the directory of a server that is down.
`);
  static override examples = [
    '<%= config.bin %> retention run',
    '<%= config.bin %> retention run --data-dir /var/lib/mon --retention 30d',
  ];
  static override flags = {
    ...outputFlag,
    ...offlineFlags,
    retention: Flags.string({
      helpValue: 'DURATION|off',
      helpGroup: 'OFFLINE',
      summary: 'Age at which samples expire (default as configured, else 450d)',
      dependsOn: ['data-dir'],
    }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(RetentionRun);
    const report =
      flags['data-dir'] === undefined
        ? await this.withClient(flags, (client) => runOnline(client, 'retention'))
        : await runOffline('retention', {
            config: await serverConfig({ ...flags, 'insecure-no-auth': false }),
            clock: this.clock,
          });
    this.print(formatFacts(flags.output, reportFacts(report)));
  }
}
