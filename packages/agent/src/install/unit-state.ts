/**
 * How systemd says the agent's unit is.
 *
 * Format: the key=value lines of `systemctl show`, systemctl(1).
 */
import { NOT_FOUND, type RunCommand } from './command-runner.ts';
import { AGENT_UNIT } from './places.ts';

export interface UnitState {
  /** `loaded`, `not-found`, `masked`, ... */
  readonly load: string;
  /** `active`, `activating`, `failed`, `inactive`, ... */
  readonly active: string;
  /** `running`, `auto-restart`, `dead`, ... */
  readonly sub: string;
  /** `enabled`, `disabled`, ...; '' where there is no unit. */
  readonly enabled: string;
  /** undefined: no process. */
  readonly pid: number | undefined;
  /** Times systemd has restarted it since it was started. */
  readonly restarts: number;
  /** With what the memory limit counts; undefined: not known. */
  readonly memoryBytes: number | undefined;
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'MainPID',
  'NRestarts',
  'MemoryCurrent',
];

/** Most characters of a log line that are shown. */
const LOG_LINE_LENGTH_MAX = 500;

/** undefined: systemd does not run here. */
export async function readUnitState(run: RunCommand): Promise<UnitState | undefined> {
  if (!(await runsSystemd(run))) return undefined;
  const { stdout } = await run('systemctl', [
    'show',
    AGENT_UNIT,
    `--property=${PROPERTIES.join(',')}`,
  ]);
  return unitState(stdout);
}

export function unitState(shown: string): UnitState {
  const values = new Map(
    shown.split('\n').map((line): [string, string] => {
      const split = line.indexOf('=');
      return [line.slice(0, split), line.slice(split + 1)];
    }),
  );
  const text = (name: string) => values.get(name) ?? '';
  // Unknown numbers are `[not set]` or, before systemd 240, 2^64 - 1.
  const count = (name: string) => {
    const value = text(name);
    return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  };
  return {
    load: text('LoadState'),
    active: text('ActiveState'),
    sub: text('SubState'),
    enabled: text('UnitFileState'),
    pid: count('MainPID') || undefined,
    restarts: count('NRestarts') ?? 0,
    memoryBytes: count('MemoryCurrent'),
  };
}

/** `active`, or what else the unit is. */
export async function unitActivity(run: RunCommand): Promise<string> {
  const { code, stdout } = await run('systemctl', ['is-active', AGENT_UNIT]);
  return code === 0 ? 'active' : stdout.trim() || 'unknown';
}

/** The last line that the unit logged, '' for none. */
export async function lastLogLine(run: RunCommand): Promise<string> {
  const args = ['--unit', AGENT_UNIT, '--lines=1', '--output=cat', '--no-pager'];
  const { code, stdout } = await run('journalctl', args);
  return code === 0 ? stdout.trim().slice(0, LOG_LINE_LENGTH_MAX) : '';
}

/**
 * Whether systemd is there and runs this host. systemctl is asked rather than the file system: it
 * knows of chroots and containers too.
 */
export async function runsSystemd(run: RunCommand): Promise<boolean> {
  const { code, stdout } = await run('systemctl', ['is-system-running']);
  return code !== NOT_FOUND && stdout.trim() !== 'offline';
}
