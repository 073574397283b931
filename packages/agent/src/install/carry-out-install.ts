/**
 * Carries out an installation plan: all checks first, then the files, each whole, then the
 * commands. What was written stays when a command fails; installing again goes on from there.
 */
import { dirname, join } from 'node:path';
import { assert } from '@mon/storage/model/assert';
import { MonError } from '@mon/storage/model/error';
import { readSettingsFile } from '@mon/storage/settings/read-settings';
import { type AgentSettings, readAgentConfig } from '../config/agent-settings.ts';
import { commandLine, type RunCommand } from './command-runner.ts';
import { asidePath, type FileAct, fileAct, needsRestart } from './file-acts.ts';
import { isPresent, linkFile, presentFile, writeWhole } from './host-files.ts';
import type { InstallPlan, PlannedCommand } from './install-plan.ts';
import { PLACES } from './places.ts';
import {
  imageProgramFault,
  programFault,
  requireDirectory,
  requireRoot,
  requireWritable,
} from './preflight.ts';
import { WRITE_PATH } from './server-address.ts';
import { runsSystemd } from './unit-state.ts';

export interface InstallHost {
  /** Directory that stands for `/`. */
  readonly root: string;
  /** Who runs this; 0 is root. */
  readonly userId: number;
  readonly run: RunCommand;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface InstallChoices {
  /** Whether a configuration that is there may be replaced. */
  readonly replacesConfig: boolean;
}

/** What carrying out a plan comes to on a host as it is now. */
export interface PreparedInstall {
  readonly plan: InstallPlan;
  readonly acts: readonly FileAct[];
  readonly commands: readonly PlannedCommand[];
  /** Whether the commands can be run: systemd runs, or they are about an image. */
  readonly runsCommands: boolean;
  /** Of the configuration that the agent will run with: the new one, or one that is kept. */
  readonly settings: AgentSettings;
  /** Programs that the agent could not run as things are. */
  readonly programFaults: readonly MonError[];
  /** Where that configuration sends to, if not to the plan's server; else empty. */
  readonly sendsElsewhere: readonly string[];
}

/**
 * Looks at the host and changes nothing.
 *
 * @throws SettingsError where a configuration with mistakes would be kept
 */
export async function prepareInstall(
  plan: InstallPlan,
  host: InstallHost,
  choices: InstallChoices,
): Promise<PreparedInstall> {
  const acts: FileAct[] = [];
  for (const file of plan.files) {
    acts.push(fileAct(file, await presentFile(join(host.root, file.path)), choices));
  }
  const settings = await settingsAfter(acts, host);
  const commands = needsRestart(acts) ? plan.commands.map(restarting) : plan.commands;
  const runsCommands = plan.image !== undefined || (await runsSystemd(host.run));
  const urls = settings.remotes.map(({ url }) => url);
  const sendsElsewhere = urls.includes(plan.server + WRITE_PATH) ? [] : urls;
  const programFaults = await faultsOf(plan);
  return { plan, acts, commands, runsCommands, settings, programFaults, sendsElsewhere };
}

async function faultsOf({ programs, image }: InstallPlan): Promise<MonError[]> {
  const faults: MonError[] = [];
  for (const path of programs) {
    const fault = await (image === undefined ? programFault(path) : imageProgramFault(image, path));
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

async function settingsAfter(
  acts: readonly FileAct[],
  { root, environment, userId }: InstallHost,
): Promise<AgentSettings> {
  const act = acts.find(({ file }) => file.path === PLACES.config);
  assert(act !== undefined, 'every plan has a configuration');
  const file = join(root, PLACES.config);
  // Only root may read it; a dry run of others goes on without.
  const isKnown = act.kind === 'beside' && !(act.isUnreadable && userId !== 0);
  const text = isKnown ? await readSettingsFile(file) : act.file.text;
  return (await readAgentConfig({ file, text, environment })).settings;
}

/**
 * Writes the files and, if they can be run, runs the commands.
 *
 * @throws MonError `needs-root`, `install-unwritable`, `program-unreachable` before anything is
 *   written; `install-unwritable`, `command-failed` later
 */
export async function carryOutInstall(
  prepared: PreparedInstall,
  host: InstallHost,
  onFile: (act: FileAct) => void = () => {},
): Promise<void> {
  const { plan, acts, commands, runsCommands, programFaults } = prepared;
  if (plan.image === undefined) {
    requireRoot(host.userId, 'install');
    // Elsewhere, as in a container, the files may be meant for another host.
    const isBooted = await isPresent(join(host.root, PLACES.booted));
    if (isBooted && programFaults[0] !== undefined) throw programFaults[0];
  } else await requireDirectory(plan.image);
  for (const { target } of acts) await requireWritable(dirname(join(host.root, target)));
  for (const act of acts) {
    await carryOut(act, host.root);
    onFile(act);
  }
  if (!runsCommands) return;
  for (const command of commands) await runPlanned(command, host.run);
}

async function carryOut(act: FileAct, root: string): Promise<void> {
  if (act.kind === 'unchanged') return;
  const target = join(root, act.target);
  if (act.kind === 'set-aside') await linkFile(target, join(root, asidePath(act.file)));
  await writeWhole(target, act.file);
}

/**
 * Runs one command of a plan.
 *
 * @throws MonError `command-failed`
 */
export async function runPlanned(planned: PlannedCommand, run: RunCommand): Promise<void> {
  const { command, args, purpose } = planned;
  const { code, stderr } = await run(command, args);
  if (code === 0) return;
  const said = stderr.trim().split('\n').at(-1) ?? '';
  throw new MonError({
    code: 'command-failed',
    what: `Cannot run \`${commandLine(command, args)}\`, which ${purpose}`,
    why: said === '' ? `it ended with ${code}` : `it ended with ${code}, saying: ${said}`,
    mend: 'What was done until then stays. Mend the cause and run the same command again.',
  });
}

/** A unit that runs takes up new files only when started anew. */
function restarting(planned: PlannedCommand): PlannedCommand {
  if (planned.args[0] !== 'start') return planned;
  return {
    ...planned,
    args: ['restart', ...planned.args.slice(1)],
    purpose: 'starts the agent anew',
  };
}
