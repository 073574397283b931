/**
 * `mon agent uninstall`: takes the agent's service off this host.
 */
import {
  carryOutUninstall,
  prepareUninstall,
  presentRemovals,
} from '@mon/agent/install/carry-out-uninstall';
import { uninstallText } from '@mon/agent/install/plan-text';
import { Flags } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { imagePath, installHost, rootFlag } from '../../install-host.ts';
import { prose } from '../../prose.ts';

export default class AgentUninstall extends MonCommand {
  static override summary = 'Stop the agent and remove its service';
  static override description = prose(`
Stops and disables the unit and removes its files. Configuration, token, spool and user stay, so
that installing again goes on where it was left; --purge removes them too, samples not sent
included.
`);
  static override examples = [
    'sudo <%= config.bin %> agent uninstall',
    '<%= config.bin %> agent uninstall --purge --dry-run',
  ];
  static override flags = {
    purge: Flags.boolean({ summary: 'Remove configuration, token, spool and user as well' }),
    'dry-run': Flags.boolean({ summary: 'Print all that would be done, and do nothing' }),
    ...rootFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(AgentUninstall);
    const image = imagePath(flags.root);
    const host = installHost(image);
    const plan = await prepareUninstall({ purges: flags.purge, image }, host);
    if (flags['dry-run']) {
      const text = uninstallText(plan, await presentRemovals(plan, host.root));
      return text === '' ? this.remark('There is nothing to remove.') : this.print(text);
    }
    const removed = await carryOutUninstall(plan, host);
    for (const path of removed) this.remark(`removed ${path}`);
    if (removed.length === 0) this.remark('There was nothing to remove.');
  }
}
