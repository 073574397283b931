/**
 * `mon context list`: the named servers.
 */
import { MonCommand, outputFlag } from '../../command.ts';
import { type Context, contextPath, readContexts } from '../../context-file.ts';
import type { Column } from '../../print/rows.ts';

interface Row extends Context {
  readonly name: string;
  readonly isCurrent: boolean;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'current',
    value: ({ isCurrent }) => isCurrent,
    text: ({ isCurrent }) => (isCurrent ? '*' : ''),
  },
  { key: 'name', value: ({ name }) => name },
  { key: 'server', value: ({ server }) => server },
  { key: 'tenant', value: ({ tenant }) => tenant },
  { key: 'token_file', value: ({ tokenFile }) => tokenFile },
];

export default class ContextList extends MonCommand {
  static override summary = 'List the contexts';
  static override description =
    'The current context, used where nothing else names a server, has a *.';
  static override examples = [
    '<%= config.bin %> context list',
    '<%= config.bin %> context list -o json',
  ];
  static override flags = { ...outputFlag };

  async run(): Promise<void> {
    const { flags } = await this.usage(ContextList);
    const file = await readContexts(contextPath(this.config.configDir));
    const rows = [...file.contexts].map(([name, context]) => ({
      ...context,
      name,
      isCurrent: name === file.current,
    }));
    if (rows.length === 0)
      this.remark('No contexts. Add one with `mon context add NAME --server URL`.');
    if (rows.length > 0 || flags.output !== 'table') this.printRows(flags.output, COLUMNS, rows);
  }
}
