/**
 * `mon query ps`: queries under way.
 */
import type { JsonRunningQuery } from '@mon/server/api/responses';
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { formatExact, formatSeconds } from '../../print/number.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

const COLUMNS: readonly Column<JsonRunningQuery>[] = [
  { key: 'id', value: ({ id }) => id, align: 'right' },
  { key: 'state', value: ({ state }) => state },
  {
    key: 'elapsed_seconds',
    title: 'since',
    value: ({ elapsedSeconds }) => elapsedSeconds,
    text: ({ elapsedSeconds }) => formatSeconds(elapsedSeconds),
    align: 'right',
  },
  { key: 'kind', value: ({ kind }) => kind },
  {
    key: 'series_read',
    title: 'series',
    value: ({ seriesRead }) => seriesRead,
    text: ({ seriesRead }) => formatExact(seriesRead),
    align: 'right',
  },
  {
    key: 'samples_read',
    title: 'samples',
    value: ({ samplesRead }) => samplesRead,
    text: ({ samplesRead }) => formatExact(samplesRead),
    align: 'right',
  },
  { key: 'client', value: ({ client }) => client },
  { key: 'query', value: ({ query }) => query },
];

/** What only a file needs. */
const TIMES: readonly Column<JsonRunningQuery>[] = [
  { key: 'started_at', value: ({ startedAt }) => startedAt },
  { key: 'start', value: ({ start }) => start },
  { key: 'end', value: ({ end }) => end },
  { key: 'step', value: ({ step }) => step },
];

export default class QueryPs extends MonCommand {
  static override summary = 'List the queries that the server is working on';
  static override description = prose(`
Queries that wait for their turn are listed too. The number in front ends one:
mon query kill NUMBER.
`);
  static override examples = ['<%= config.bin %> query ps', '<%= config.bin %> query ps -o json'];
  static override flags = { ...outputFlag, ...connectionFlags };

  async run(): Promise<void> {
    const { flags } = await this.usage(QueryPs);
    const queries = await this.withClient(flags, (client) => client.runningQueries());
    if (flags.output !== 'table')
      return this.printRows(flags.output, [...COLUMNS, ...TIMES], queries);
    if (queries.length === 0) return this.remark('No query is under way.');
    this.printRows('table', COLUMNS, queries);
  }
}
