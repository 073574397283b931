/**
 * The host as installing and uninstalling the agent see it: this one, or an image's directory.
 */
import { resolve } from 'node:path';
import type { InstallHost } from '@mon/agent/install/carry-out-install';
import { commandRunner } from '@mon/agent/install/command-runner';
import { Flags } from '@oclif/core';

export const rootFlag = {
  root: Flags.string({
    helpValue: 'DIR',
    summary: 'Directory of a system that does not run now, such as an image that is being made',
  }),
};

/** Absolute path of the image, or undefined for this host, which `/` is too. */
export function imagePath(root: string | undefined): string | undefined {
  const image = resolve(root ?? '/');
  return image === '/' ? undefined : image;
}

export function installHost(image: string | undefined): InstallHost {
  return {
    root: image ?? '/',
    userId: process.geteuid?.() ?? -1,
    run: commandRunner(process.env),
    environment: process.env,
  };
}
