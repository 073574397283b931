/**
 * `mon top`: live hosts in the terminal.
 */
import { MonError } from '@mon/storage/model/error';
import { connectionFlags, durationFlag, MonCommand } from '../command.ts';
import { prose } from '../prose.ts';
import { needTerminal } from '../repaint.ts';

const INTERVAL_DEFAULT_MS = 5000;
const INTERVAL_MIN_MS = 200;

export default class Top extends MonCommand {
  static override summary = 'Watch hosts live: CPU, memory, load, disk, network, alerts';
  static override description = prose(`
Shows the hosts whose node_ metrics the server has, from mon's agent or from node_exporter, with
charts of the chosen one and the alerts that fire.

Keys: arrows choose a host, / filters, s and the letters of the columns order, + and - zoom, ? helps,
q quits.
`);
  static override examples = [
    '<%= config.bin %> top',
    '<%= config.bin %> top --interval 2s --server http://10.0.0.5:9500',
  ];
  static override flags = {
    interval: durationFlag({ char: 'i', summary: 'Time between refreshes (default 5s)' }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(Top);
    const intervalMs = flags.interval ?? INTERVAL_DEFAULT_MS;
    if (intervalMs < INTERVAL_MIN_MS) {
      throw new MonError({
        code: 'usage',
        what: 'Cannot run `mon top`',
        why: `an interval of ${intervalMs} ms is shorter than ${INTERVAL_MIN_MS} ms`,
        mend: 'Choose a longer --interval.',
      });
    }
    needTerminal('mon top');
    const { clock, colors } = this;
    await this.withClient(flags, async (client) => {
      const { runTop } = await import('../tui/top-screen.tsx');
      await runTop({ client, clock, intervalMs, colors });
    });
  }
}
