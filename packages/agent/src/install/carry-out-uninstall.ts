/**
 * Carries out the removal of an installed agent.
 */
import { join } from 'node:path';
import { type InstallHost, runPlanned } from './carry-out-install.ts';
import { isPresent, presentFile, removeEmpty, removeWhole } from './host-files.ts';
import { AGENT_USER, PLACES } from './places.ts';
import { requireRoot } from './preflight.ts';
import { planUninstall, type UninstallPlan } from './uninstall-plan.ts';
import { runsSystemd } from './unit-state.ts';

export interface UninstallChoices {
  readonly purges: boolean;
  readonly image: string | undefined;
}

/** Looks at the host and changes nothing. */
export async function prepareUninstall(
  { purges, image }: UninstallChoices,
  { root, run }: InstallHost,
): Promise<UninstallPlan> {
  const users = await presentFile(join(root, '/etc/passwd'));
  return planUninstall({
    purges,
    image,
    hasUnit: await isPresent(join(root, PLACES.unit)),
    hasUser: typeof users === 'object' && hasUser(users.text),
    runsSystemd: image === undefined && (await runsSystemd(run)),
  });
}

function hasUser(passwd: string): boolean {
  return passwd.split('\n').some((line) => line.startsWith(`${AGENT_USER}:`));
}

/** The removals of a plan that are there. */
export async function presentRemovals(plan: UninstallPlan, root: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of plan.removals) if (await isPresent(join(root, path))) found.push(path);
  return found;
}

/**
 * Stops, removes, and tells what was removed.
 *
 * @throws MonError `needs-root` before anything is changed; `command-failed`, `install-unwritable`
 */
export async function carryOutUninstall(plan: UninstallPlan, host: InstallHost): Promise<string[]> {
  if (plan.image === undefined) requireRoot(host.userId, 'uninstall');
  for (const command of plan.before) await runPlanned(command, host.run);
  const removed: string[] = [];
  for (const path of plan.removals) {
    if (await removeWhole(join(host.root, path))) removed.push(path);
  }
  for (const path of plan.emptied) {
    if (await removeEmpty(join(host.root, path))) removed.push(path);
  }
  for (const command of plan.after) await runPlanned(command, host.run);
  return removed;
}
