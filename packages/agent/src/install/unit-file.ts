/**
 * The systemd unit of the agent, hardened as far as collecting host metrics allows.
 *
 * `systemd-analyze security --offline=true` rates it "OK"; a test holds that. Left off, with the
 * reason: MemoryDenyWriteExecute (V8 compiles to memory that it writes and then runs), ProtectProc
 * and ProcSubset (/proc/1/mountinfo has the mounts as the host sees them, /proc/stat its load),
 * PrivateNetwork and IPAddressDeny (the agent scrapes and sends), PrivateUsers (files of the host
 * would all seem to be nobody's), ProtectHostname (a host renamed would keep its old name here).
 *
 * Format: systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5).
 */
import { AGENT_USER, PLACES } from './places.ts';

export interface UnitOptions {
  /** Absolute path of the Node that runs mon. */
  readonly nodePath: string;
  /** Absolute path of mon's entry, `bin/run.js`. */
  readonly monPath: string;
}

const HARDENING = `# Files: all read-only but the state directory. /home and /root stay visible, read-only: their
# file systems are measured.
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
RemoveIPC=yes

# Rights: none, and no way to get any. MemoryDenyWriteExecute must stay off: V8 compiles
# JavaScript into memory that it writes and then runs.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
KeyringMode=private
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`;

export function unitText({ nodePath, monPath }: UnitOptions): string {
  const run = [nodePath, monPath, 'agent', 'run', '--config', PLACES.config];
  return `# Written by \`mon agent install\`, which replaces it. To change something here, use
# \`systemctl edit mon-agent\`: its drop-in stays.
[Unit]
Description=mon agent: host metrics, scraping, StatsD
After=network.target
# An agent that gave up would be silent for good: try again for ever.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${AGENT_USER}
Group=${AGENT_USER}
ExecStart=${run.map(unitWord).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
TimeoutStopSec=15

# The spool and the status socket.
StateDirectory=mon-agent
StateDirectoryMode=0750
UMask=0077

# The token, if there is one: root's file, of which the agent gets a copy in memory.
LoadCredential=token:${PLACES.token}
# Without the file the unit starts all the same.
SetCredential=token:none

# A small young generation saves 19 MB of 122. An agent with many targets needs more: raise these
# in a drop-in. V8 takes the bound of its heap from MemoryMax.
Environment=NODE_OPTIONS=--max-semi-space-size=2
Environment=MALLOC_ARENA_MAX=2
Environment=UV_THREADPOOL_SIZE=4
MemoryMax=256M
CPUQuota=50%
TasksMax=64
LimitNOFILE=16384

${HARDENING}
[Install]
WantedBy=multi-user.target
`;
}

/**
 * One word of a command line in a unit file: quoted where it must be, with \`%\` and \`$\` doubled,
 * which otherwise begin specifiers and variables.
 */
export function unitWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(plain)) return plain;
  return `"${plain.replace(/["\\]/g, '\\$&')}"`;
}

/** systemd-sysusers: the agent's own user and group, without a shell. */
export function sysusersText(): string {
  return `# Written by \`mon agent install\`.
u ${AGENT_USER} - "mon agent" ${PLACES.stateDir}
`;
}

/**
 * systemd-tmpfiles: the agent's group may read the configuration, others not, since it may come to
 * hold passwords of exporters. An image gets this at its first boot, when the group is there.
 */
export function tmpfilesText(): string {
  return `# Written by \`mon agent install\`.
z ${PLACES.config} 0640 root ${AGENT_USER} -
`;
}
