/**
 * `mon status`: how a server is.
 */
import { connectionFlags, MonCommand, outputFlag } from '../command.ts';
import { formatFacts } from '../print/facts.ts';
import { serverFacts } from '../server-status.ts';

export default class Status extends MonCommand {
  static override summary = 'Show how a server is: version, load, storage, jobs, alerts';
  static override description =
    'Takes a second: the rate of samples is measured over it, and stands beside the average since the ' +
    'start. Ends with 3 when no server answers, so that it serves as a check.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --context prod -o json',
  ];
  static override flags = { ...outputFlag, ...connectionFlags };

  async run(): Promise<void> {
    const { flags } = await this.usage(Status);
    const facts = await this.withClient(flags, (client) => serverFacts(client, this.clock));
    this.print(formatFacts(flags.output, facts));
  }
}
