/**
 * Runs the commands of an installation: found on PATH, bounded in time and output, never through a
 * shell.
 */
import { execFile } from 'node:child_process';

/** `systemctl start` waits for the unit at most as long as systemd does by default, 90 s. */
const COMMAND_TIMEOUT_MS = 120_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** As shells have it: the command is not there, or was stopped by a deadline. */
export const NOT_FOUND = 127;
export const TIMED_OUT = 124;

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects: what goes wrong is in the outcome. */
export type RunCommand = (command: string, args: readonly string[]) => Promise<CommandOutcome>;

export function commandRunner(
  environment: Readonly<Record<string, string | undefined>>,
): RunCommand {
  // Output that is read, such as `offline`, must not be translated.
  const env = { ...environment, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' };
  const options = { env, timeout: COMMAND_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX };
  return (command, args) =>
    new Promise((resolve) => {
      execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (error.code === 'ENOENT') {
          resolve({ code: NOT_FOUND, stdout, stderr: `${command} is not installed` });
        } else if (typeof error.code === 'number') {
          resolve({ code: error.code, stdout, stderr });
        } else if (error.killed === true) {
          const reason = `it took longer than ${COMMAND_TIMEOUT_MS / 1000} s`;
          resolve({ code: TIMED_OUT, stdout, stderr: reason });
        } else resolve({ code: 1, stdout, stderr: stderr || error.message });
      });
    });
}

/** As one would type it. */
export function commandLine(command: string, args: readonly string[]): string {
  return [command, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
