/**
 * Starts the command line: finds the command, runs it, turns what it throws into an exit code.
 */
import { execute } from '@oclif/core';

export async function main(entryUrl: string): Promise<void> {
  await execute({ dir: entryUrl });
}
