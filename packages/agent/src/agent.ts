/**
 * Composition root of the agent: collectors, scrape jobs and StatsD put samples into the spool,
 * one sender a remote takes them out.
 *
 * Runs on one thread, on the event loop of the program that starts it, and never loads LevelDB.
 */
import { mkdir, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { Logger } from 'pino';
import { AgentParts } from './agent-parts.ts';
import type { Host } from './collect/collectors.ts';
import { Counters } from './collect/counters.ts';
import type { AgentSettings } from './config/agent-settings.ts';
import { HostFiles } from './procfs/host-files.ts';
import { Outlet } from './send/outlet.ts';
import type { AgentStatus, AgentTargets } from './status/agent-status.ts';
import { StatusSocket } from './status/status-socket.ts';

/** How long a stop may go on sending. */
export const STOP_GRACE_MS = 2000;

export interface AgentOptions {
  readonly settings: AgentSettings;
  readonly log: Logger;
  /** Shown in `mon_agent_build_info` and to peers. */
  readonly version: string;
  /** Where the spool is if the settings name no folder. */
  readonly spoolDir: string;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Root of the files that collectors read; `/` if left out. */
  readonly hostRoot?: string;
  /** The `instance` of the host's series; the host's name if left out. */
  readonly hostname?: string;
}

export interface Agent {
  /** Ends everything in order: collecting, then sending for at most STOP_GRACE_MS. */
  stop(): Promise<void>;
  /**
   * Takes up new settings; targets, remotes and listeners whose settings did not change go on
   * undisturbed.
   *
   * @throws MonError `needs-restart` if the spool's folder or size is another; nothing is changed
   */
  reload(settings: AgentSettings): Promise<void>;
  status(): AgentStatus;
  targets(): AgentTargets;
}

/**
 * Starts an agent. It holds the process until it is stopped.
 *
 * @throws MonError `no-remote`, `spool-taken`, `spool-unusable`, `cannot-listen`
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { settings, log, version, clock = SYSTEM_CLOCK } = options;
  if (settings.remotes.length === 0) throw noRemote();
  const dir = settings.spool.dir ?? options.spoolDir;
  const { bytesMax } = settings.spool;
  await makeSpoolDir(dir);
  const socket = new StatusSocket(dir, () => ({ status: status(), targets: parts.targets() }));
  await socket.open();
  const counters = new Counters();
  const host: Host = { files: new HostFiles(options.hostRoot), clock, statfs };
  const name = options.hostname ?? hostname();
  const random = options.random ?? Math.random;
  const userAgent = `mon-agent/${version}`;
  const { remotes } = settings;
  let outlet: Outlet;
  try {
    outlet = new Outlet({ dir, bytesMax, remotes, clock, random, userAgent, counters, log });
  } catch (cause) {
    await socket.close();
    throw unusableSpool(dir, cause);
  }
  const parts = new AgentParts({ outlet, counters, host, name, log, version, userAgent, clock });
  const status = (): AgentStatus => ({ ...parts.status(), spool: spoolStatus(dir, outlet) });
  await parts.apply(settings);
  log.info({ dir, remotes: remotes.map(({ url }) => url) }, 'the agent runs');

  return {
    status,
    targets: () => parts.targets(),
    async reload(next) {
      const isSame = (next.spool.dir ?? options.spoolDir) === dir;
      if (!isSame || next.spool.bytesMax !== bytesMax) throw needsRestart();
      if (next.remotes.length === 0) throw noRemote();
      await outlet.setRemotes(next.remotes);
      await parts.apply(next);
      log.info('the configuration was taken up');
    },
    async stop() {
      await parts.stop();
      await outlet.stop(STOP_GRACE_MS);
      await socket.close();
      log.info('the agent has stopped');
    },
  };
}

function spoolStatus(dir: string, outlet: Outlet): AgentStatus['spool'] {
  return { dir, bytes: outlet.bytes, bytesMax: outlet.bytesMax };
}

async function makeSpoolDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw unusableSpool(dir, cause);
  }
}

function unusableSpool(dir: string, cause: unknown): MonError {
  return new MonError({
    code: 'spool-unusable',
    what: `Cannot use the spool ${dir}`,
    why: reasonOf(cause),
    mend: 'Name a folder that the agent may write to in agent.spool.dir.',
    cause,
  });
}

function noRemote(): MonError {
  return new MonError({
    code: 'no-remote',
    what: 'Cannot run the agent',
    why: 'the configuration has no remote_write, so there is nobody to send to',
    mend: 'Add remote_write with the url of a server, such as http://mon:9500/api/v1/write.',
  });
}

function needsRestart(): MonError {
  return new MonError({
    code: 'needs-restart',
    what: 'Cannot take up the new configuration',
    why: 'agent.spool has changed, which is read at start only',
    mend: 'Restart the agent.',
  });
}
