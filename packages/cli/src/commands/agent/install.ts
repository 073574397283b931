/**
 * `mon agent install`: makes the agent a service of this host.
 */
import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Arrival } from '@mon/agent/install/arrival';
import { type PreparedInstall, prepareInstall } from '@mon/agent/install/carry-out-install';
import { installAgent } from '@mon/agent/install/install-agent';
import { planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import { actTitle, installText } from '@mon/agent/install/plan-text';
import { readAgentReport } from '@mon/agent/status/status-socket';
import { Flags } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { readToken } from '../../connection.ts';
import { imagePath, installHost, rootFlag } from '../../install-host.ts';
import { prose } from '../../prose.ts';

export default class AgentInstall extends MonCommand {
  static override summary = 'Install the agent as a service that sends to a server';
  static override description = prose(`
Writes ${PLACES.config} and a hardened systemd unit with a user of its own, starts it, and waits
until samples of this host can be read from the server. A configuration that is there and differs is
kept, and the new one written beside it as agent.yml.new, unless --force replaces it. Installing
again changes only what differs.

Where systemd does not run, the files are written, what was not run is listed, and it ends with 1.
With --root, files go below that directory, and the unit is enabled there and not started.
`);
  static override examples = [
    'sudo <%= config.bin %> agent install --server http://mon.example.org:9500',
    '<%= config.bin %> agent install --server http://mon.example.org:9500 --dry-run',
    '<%= config.bin %> agent install --server http://mon.example.org:9500 --root /mnt/image',
    'sudo <%= config.bin %> agent install --server https://mon.example.org --token-file token',
  ];
  static override flags = {
    server: Flags.string({
      helpValue: 'URL',
      required: true,
      summary: 'Server to send to',
    }),
    'token-file': Flags.string({
      helpValue: 'FILE',
      summary: `File that holds the token; copied to ${PLACES.token}`,
    }),
    tenant: Flags.string({ helpValue: 'NAME', summary: 'Tenant to send as' }),
    instance: Flags.string({
      helpValue: 'NAME',
      summary: "Name of this host's series (default the name of the host)",
    }),
    force: Flags.boolean({
      summary: 'Replace a configuration that differs; it is kept as agent.yml.old',
    }),
    'dry-run': Flags.boolean({ summary: 'Print all that would be done, and do nothing' }),
    ...rootFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(AgentInstall);
    const tokenFile = flags['token-file'];
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    const image = imagePath(flags.root);
    const plan = planInstall({
      server: flags.server,
      token,
      tenant: flags.tenant,
      instance: flags.instance,
      nodePath: process.execPath,
      // A link, as npm makes for workspaces, may lead through a home that is closed.
      monPath: await realpath(join(this.config.root, 'bin/run.js')),
      image,
    });
    const host = installHost(image);
    const prepared = await prepareInstall(plan, host, { replacesConfig: flags.force });
    for (const { what, why } of prepared.programFaults) this.remark(`Warning: ${what}: ${why}`);
    if (flags['dry-run']) return this.print(installText(prepared));
    const arrival = await installAgent(prepared, {
      host,
      hostname: hostname(),
      token,
      clock: this.clock,
      pause: delay,
      report: () => readAgentReport(PLACES.stateDir),
      onFile: (act) => this.remark(actTitle(act)),
      tell: (text) => this.remark(text),
    });
    this.remark(closingText(arrival, prepared));
  }
}

function closingText(arrival: Arrival | undefined, { plan, settings }: PreparedInstall): string {
  const { server, image } = plan;
  const instance = settings.host.instance ?? hostname();
  switch (arrival) {
    case 'seen':
      return `Samples of ${instance} arrive at ${server}.`;
    case 'told':
      return `${server} takes the samples of ${instance}; the token does not allow reading them.`;
    default:
      return image === undefined ? 'The agent runs.' : `The agent starts when ${image} is booted.`;
  }
}
