/**
 * Asking an agent that runs on this host how it is, over the socket in its spool folder.
 */
import { resolve } from 'node:path';
import { commandRunner } from '@mon/agent/install/command-runner';
import { PLACES } from '@mon/agent/install/places';
import { readUnitState } from '@mon/agent/install/unit-state';
import type { AgentReport } from '@mon/agent/status/agent-status';
import { readAgentReport } from '@mon/agent/status/status-socket';
import { MonError } from '@mon/storage/model/error';
import { Flags } from '@oclif/core';

export const spoolFlag = {
  'spool-dir': Flags.string({
    helpValue: 'DIR',
    default: PLACES.stateDir,
    summary: "The agent's spool, where it answers",
  }),
};

/** @throws MonError `no-agent` where none runs, `agent-silent` */
export async function agentReport(spoolDir: string): Promise<AgentReport> {
  const dir = resolve(spoolDir);
  const report = await readAgentReport(dir);
  if (report !== undefined) return report;
  const unit = dir === PLACES.stateDir ? await unitText() : undefined;
  throw new MonError({
    code: 'no-agent',
    what: 'Cannot ask the agent',
    why: `none runs on this host with the spool ${dir}${unit === undefined ? '' : `; its unit is ${unit}`}`,
    mend:
      unit === undefined
        ? 'Start it with `mon agent run` or `mon agent install`, or name its spool with --spool-dir.'
        : 'See `journalctl -u mon-agent -n 50`.',
  });
}

/** How systemd says the agent's unit is; undefined where there is none. */
export async function unitText(): Promise<string | undefined> {
  const unit = await readUnitState(commandRunner(process.env));
  if (unit === undefined || unit.load === 'not-found') return undefined;
  const { active, sub, enabled, restarts } = unit;
  return `${active} (${sub}), ${enabled}, restarted ${restarts} times`;
}
