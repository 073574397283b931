/**
 * Where an installed agent lives on a host, and its names there.
 *
 * All paths are as the running host sees them; below a root directory they are prefixed when they
 * are written (`carry-out.ts`), never in contents.
 */

export const AGENT_UNIT = 'mon-agent.service';

/** User and group of the agent. */
export const AGENT_USER = 'mon-agent';

export const PLACES = {
  configDir: '/etc/mon',
  config: '/etc/mon/agent.yml',
  /** Readable for root alone; systemd hands a copy to the agent. */
  token: '/etc/mon/agent.token',
  unit: `/etc/systemd/system/${AGENT_UNIT}`,
  sysusers: '/etc/sysusers.d/mon-agent.conf',
  tmpfiles: '/etc/tmpfiles.d/mon-agent.conf',
  /** The spool, and the agent's status socket. */
  stateDir: '/var/lib/mon-agent',
  /** Where the agent finds the token: LoadCredential's copy, in memory, readable for it alone. */
  credential: `/run/credentials/${AGENT_UNIT}/token`,
  /** There while systemd runs this host (sd_booted(3)). */
  booted: '/run/systemd/system',
} as const;

/** Where a new configuration goes when the present one is kept. */
export const NEW_CONFIG_SUFFIX = '.new';
/** Where the present configuration is kept when it is replaced. */
export const OLD_CONFIG_SUFFIX = '.old';
