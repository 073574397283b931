/**
 * What installing the agent takes, as plain values: files to write, then commands to run.
 *
 * Pure: `carry-out-install.ts` does it, `plan-text.ts` shows it (`--dry-run`).
 */
import { basename } from 'node:path';
import { assert } from '@mon/storage/model/assert';
import { MonError } from '@mon/storage/model/error';
import { tenantId } from '@mon/storage/model/tenant';
import { firstConfigText } from './first-config.ts';
import { AGENT_UNIT, AGENT_USER, PLACES } from './places.ts';
import { serverAddress } from './server-address.ts';
import { sysusersText, tmpfilesText, unitText } from './unit-file.ts';

export interface InstallOptions {
  /** URL of the server, as typed. */
  readonly server: string;
  /** The token itself; undefined for a server that wants none. */
  readonly token: string | undefined;
  readonly tenant: string | undefined;
  /** `instance` of the host's series; undefined: the host's name. */
  readonly instance: string | undefined;
  /** Absolute path of the Node that runs mon. */
  readonly nodePath: string;
  /** Absolute path of mon's entry. */
  readonly monPath: string;
  /** Directory of a system that does not run now (an image); undefined: this host. */
  readonly image: string | undefined;
}

export interface PlannedFile {
  readonly path: string;
  readonly mode: number;
  /** As it is in the end; root's group becomes another by systemd-tmpfiles. */
  readonly owner: string;
  readonly text: string;
  /** What happens where another content is there: `keep` writes it beside, as `.new`. */
  readonly present: 'replace' | 'keep';
  /** Its text is never shown. */
  readonly isSecret: boolean;
}

export interface PlannedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** What it is for: "starts the agent". */
  readonly purpose: string;
}

export interface InstallPlan {
  readonly files: readonly PlannedFile[];
  readonly commands: readonly PlannedCommand[];
  /** From `serverAddress()`. */
  readonly server: string;
  readonly image: string | undefined;
  /** Files that the agent's user must be able to run. */
  readonly programs: readonly string[];
}

const OWNER_ROOT = 'root:root';

/** @throws MonError `bad-server-url`, `bad-tenant`, `bad-instance` */
export function planInstall(options: InstallOptions): InstallPlan {
  const { token, image } = options;
  const server = serverAddress(options.server);
  const tenant = options.tenant === undefined ? undefined : tenantId(options.tenant);
  const instance = instanceName(options.instance);
  const config = firstConfigText({ server, hasToken: token !== undefined, tenant, instance });
  const files: PlannedFile[] = [
    {
      path: PLACES.config,
      mode: 0o640,
      owner: `root:${AGENT_USER}`,
      text: config,
      present: 'keep',
      isSecret: false,
    },
    { path: PLACES.unit, ...replaced(unitText(options)) },
    { path: PLACES.sysusers, ...replaced(sysusersText()) },
    { path: PLACES.tmpfiles, ...replaced(tmpfilesText()) },
  ];
  if (token !== undefined) {
    assert(/^[\x21-\x7e]+$/.test(token), 'the token was checked where it was read');
    const text = `${token}\n`;
    files.push({ path: PLACES.token, ...replaced(text), mode: 0o600, isSecret: true });
  }
  const commands = image === undefined ? hostCommands() : imageCommands(image);
  const programs = [options.nodePath, options.monPath];
  return { files, commands, server, image, programs };
}

function replaced(text: string): Omit<PlannedFile, 'path'> {
  return { mode: 0o644, owner: OWNER_ROOT, text, present: 'replace', isSecret: false };
}

function hostCommands(): PlannedCommand[] {
  return [
    {
      command: 'systemd-sysusers',
      args: [basename(PLACES.sysusers)],
      purpose: `makes the user ${AGENT_USER}`,
    },
    {
      command: 'systemd-tmpfiles',
      args: ['--create', basename(PLACES.tmpfiles)],
      purpose: `lets ${AGENT_USER} read the configuration`,
    },
    { command: 'systemctl', args: ['daemon-reload'], purpose: 'makes systemd read the unit' },
    {
      command: 'systemctl',
      args: ['enable', AGENT_UNIT],
      purpose: 'starts the agent at every boot',
    },
    { command: 'systemctl', args: ['start', AGENT_UNIT], purpose: 'starts the agent' },
  ];
}

/** A path would be looked for outside of the image; a name is not. */
function imageCommands(image: string): PlannedCommand[] {
  const root = `--root=${image}`;
  return [
    {
      command: 'systemd-sysusers',
      args: [root, basename(PLACES.sysusers)],
      purpose: `makes the user ${AGENT_USER}`,
    },
    {
      command: 'systemd-tmpfiles',
      args: [root, '--create', basename(PLACES.tmpfiles)],
      purpose: `lets ${AGENT_USER} read the configuration`,
    },
    {
      command: 'systemctl',
      args: [root, 'enable', AGENT_UNIT],
      purpose: 'starts the agent at every boot',
    },
  ];
}

/** @throws MonError `bad-instance` */
function instanceName(name: string | undefined): string | undefined {
  if (name === undefined || (/^[^\x00-\x1f\x7f]{1,255}$/.test(name) && name.isWellFormed())) {
    return name;
  }
  throw new MonError({
    code: 'bad-instance',
    what: `Cannot name the host ${JSON.stringify(name.slice(0, 300))}`,
    why: 'an instance is 1 to 255 characters on one line',
    mend: 'Give another --instance, or none to take the name of the host.',
  });
}
