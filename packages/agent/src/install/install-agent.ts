/**
 * Installs the agent on a host and sees to it that it works: carries the plan out, then waits for
 * the samples. For an image it stops at the files and what enables the unit.
 */
import { MonError } from '@mon/storage/model/error';
import type { RemoteSettings } from '../send/remote-sender.ts';
import { type Arrival, type ArrivalMeans, awaitArrival } from './arrival.ts';
import { carryOutInstall, type InstallHost, type PreparedInstall } from './carry-out-install.ts';
import { commandLine } from './command-runner.ts';
import type { FileAct } from './file-acts.ts';
import { PLACES } from './places.ts';
import { WRITE_PATH } from './server-address.ts';

export interface InstallMeans extends Omit<ArrivalMeans, 'run'> {
  readonly host: InstallHost;
  /** Name of the host, the `instance` of its series if the configuration has none. */
  readonly hostname: string;
  /** The token as given, to ask the server with. */
  readonly token: string | undefined;
  /** Told of each file that was seen to. */
  readonly onFile: (act: FileAct) => void;
  /** Told, before a long step, what is waited for. */
  readonly tell: (text: string) => void;
}

/**
 * Gives how samples were found; undefined: they were not looked for, in an image, or as the
 * configuration collects no host metrics.
 *
 * @throws MonError as `carryOutInstall`; `agent-not-started` where systemd does not run,
 *   `config-kept` where the kept configuration sends elsewhere, and as `awaitArrival`
 */
export async function installAgent(
  prepared: PreparedInstall,
  means: InstallMeans,
): Promise<Arrival | undefined> {
  const { plan, settings, sendsElsewhere } = prepared;
  const sinceMs = means.clock.nowMs();
  await carryOutInstall(prepared, means.host, means.onFile);
  if (plan.image !== undefined) return undefined;
  if (!prepared.runsCommands) throw notStarted(prepared);
  if (sendsElsewhere.length > 0) throw configKept(plan.server, sendsElsewhere);
  const remote = settings.remotes.find(({ url }) => url === plan.server + WRITE_PATH);
  if (remote === undefined || !settings.host.isEnabled) return undefined;
  const instance = settings.host.instance ?? means.hostname;
  means.tell(`Waiting for samples of ${instance} at ${plan.server} ...`);
  const question = {
    server: plan.server,
    remote: withToken(remote, means.token),
    job: settings.host.job,
    instance,
    sinceMs,
  };
  return awaitArrival(question, { ...means, run: means.host.run });
}

/** The token as given: the copy that the agent uses is there only while it runs. */
function withToken(remote: RemoteSettings, token: string | undefined): RemoteSettings {
  if (token === undefined) return remote;
  const authorization = { type: 'Bearer', credentials: { kind: 'inline', value: token } } as const;
  return { ...remote, http: { ...remote.http, authorization } };
}

function notStarted({ commands }: PreparedInstall): MonError {
  const lines = commands.map(({ command, args }) => `  ${commandLine(command, args)}`);
  return new MonError({
    code: 'agent-not-started',
    what: 'Cannot start the agent',
    why: `systemd does not run here. The files are written; not run were\n${lines.join('\n')}`,
    mend:
      'Run these where systemd runs this host, or start the agent by ' +
      `\`mon agent run --config ${PLACES.config}\`.`,
  });
}

function configKept(server: string, urls: readonly string[]): MonError {
  return new MonError({
    code: 'config-kept',
    what: `Cannot make the agent send to ${server}`,
    why: `${PLACES.config} was there, was kept, and sends to ${urls.join(', ') || 'nobody'}`,
    mend:
      `Take over what you want from ${PLACES.config}.new and reload, or replace the ` +
      'configuration with --force.',
  });
}
