/**
 * What uninstalling the agent takes: commands, removals, commands, in this order. Pure.
 *
 * Configuration, token and spool stay, so that installing again goes on where it was left; purging
 * takes these and the user too.
 */
import type { PlannedCommand } from './install-plan.ts';
import { AGENT_UNIT, AGENT_USER, NEW_CONFIG_SUFFIX, OLD_CONFIG_SUFFIX, PLACES } from './places.ts';

export interface UninstallOptions {
  /** Whether configuration, token, spool and user go too. */
  readonly purges: boolean;
  /** Directory of a system that does not run now; undefined: this host. */
  readonly image: string | undefined;
  /** What is there. */
  readonly hasUnit: boolean;
  readonly hasUser: boolean;
  /** Whether systemd runs this host. */
  readonly runsSystemd: boolean;
}

export interface UninstallPlan {
  readonly before: readonly PlannedCommand[];
  /** Files and whole directories; those that are not there are passed over. */
  readonly removals: readonly string[];
  /** Removed if nothing is left in it. */
  readonly emptied: readonly string[];
  readonly after: readonly PlannedCommand[];
  readonly image: string | undefined;
}

/** The link that `systemctl enable` makes; it goes even where systemctl cannot be asked. */
const ENABLED_LINK = `/etc/systemd/system/multi-user.target.wants/${AGENT_UNIT}`;

export function planUninstall(options: UninstallOptions): UninstallPlan {
  const { purges, image, hasUnit, hasUser, runsSystemd } = options;
  const isLive = image === undefined && runsSystemd;
  const before = hasUnit && isLive ? [stop(), disable()] : [];
  const after = hasUnit && isLive ? [reload()] : [];
  if (purges && hasUser) after.push(removeUser(image));
  return {
    before,
    removals: [ENABLED_LINK, PLACES.unit, PLACES.sysusers, PLACES.tmpfiles, ...leftovers(purges)],
    emptied: purges ? [PLACES.configDir] : [],
    after,
    image,
  };
}

function leftovers(purges: boolean): string[] {
  if (!purges) return [];
  return [
    PLACES.config,
    PLACES.config + NEW_CONFIG_SUFFIX,
    PLACES.config + OLD_CONFIG_SUFFIX,
    PLACES.token,
    `${PLACES.unit}.d`,
    PLACES.stateDir,
  ];
}

function stop(): PlannedCommand {
  return { command: 'systemctl', args: ['stop', AGENT_UNIT], purpose: 'stops the agent' };
}

function disable(): PlannedCommand {
  return {
    command: 'systemctl',
    args: ['disable', AGENT_UNIT],
    purpose: 'no longer starts the agent at boot',
  };
}

function reload(): PlannedCommand {
  return {
    command: 'systemctl',
    args: ['daemon-reload'],
    purpose: 'makes systemd forget the unit',
  };
}

function removeUser(image: string | undefined): PlannedCommand {
  const prefix = image === undefined ? [] : ['--prefix', image];
  return {
    command: 'userdel',
    args: [...prefix, AGENT_USER],
    purpose: `removes the user ${AGENT_USER}`,
  };
}
