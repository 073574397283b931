/**
 * `mon query kill`: end queries under way.
 */
import { MonError } from '@mon/storage/model/error';
import { Args } from '@oclif/core';
import { connectionFlags, MonCommand } from '../../command.ts';
import { prose } from '../../prose.ts';

export default class QueryKill extends MonCommand {
  static override summary = 'End a query that the server is working on';
  static override description = prose(`
Whoever asked gets an error that says so. mon query ps lists the numbers.
`);
  static override examples = ['<%= config.bin %> query kill 17'];
  static override args = {
    number: Args.custom<number>({ parse: async (text) => queryNumber(text) })({
      required: true,
      description: 'Number that mon query ps shows',
    }),
  };
  static override flags = { ...connectionFlags };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(QueryKill);
    const { query } = await this.withClient(flags, (client) => client.killQuery(args.number));
    this.remark(`Killed query ${args.number}: ${query}`);
  }
}

function queryNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new MonError({
    code: 'usage',
    what: `Cannot read ${JSON.stringify(text)} as the number of a query`,
    why: 'it is no whole number above 0',
    mend: 'Give a number that mon query ps lists.',
  });
}
