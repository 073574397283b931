/**
 * Options of an installation for tests: a server on loopback, nothing else asked for.
 */
import { type InstallOptions, planInstall } from '@mon/agent/install/install-plan';

export const OPTIONS: InstallOptions = {
  server: 'http://127.0.0.1:9500',
  token: undefined,
  tenant: undefined,
  instance: undefined,
  nodePath: '/usr/bin/node',
  monPath: '/usr/lib/mon/bin/run.js',
  image: undefined,
};

/** The text that a plan writes to a path; fails where it writes none. */
export function plannedText(path: string, options: Partial<InstallOptions> = {}): string {
  const file = planInstall({ ...OPTIONS, ...options }).files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`the plan has no file ${path}`);
  return file.text;
}
