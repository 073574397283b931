/**
 * A host to install on: a temporary root directory, and recording commands first on PATH in place
 * of systemd's. Nothing outside of it is touched.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstallHost } from '@mon/agent/install/carry-out-install';
import { commandRunner } from '@mon/agent/install/command-runner';
import type { InstallOptions } from '@mon/agent/install/install-plan';
import type { Test } from 'tap';
import { OPTIONS } from './install-options.ts';

const COMMANDS = ['systemctl', 'systemd-sysusers', 'systemd-tmpfiles', 'journalctl', 'userdel'];

export interface Scripted {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export interface FakeHost {
  readonly host: InstallHost;
  /** Below the root: programs that every user can run. */
  readonly options: InstallOptions;
  /** PATH with the recording commands first. */
  readonly path: string;
  /** Makes a command answer, by its name and first argument. */
  readonly script: (words: string, answer: Scripted) => void;
  /** Command lines run so far, questions about state left out. */
  readonly ran: () => string[];
  readonly write: (path: string, text: string) => void;
  /** undefined: there is no such file. */
  readonly read: (path: string) => string | undefined;
}

/** Questions that change nothing. */
const QUESTION = /^systemctl (is-|show)|^journalctl/;

export function fakeHost(t: Test, given: Partial<InstallHost> = {}): FakeHost {
  const home = mkdtempSync(join(tmpdir(), 'mon-install-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  // mkdtemp makes it 0700, and the programs below must be there for all.
  chmodSync(home, 0o755);
  const bin = join(home, 'bin');
  const answers = join(home, 'answers');
  const log = join(home, 'log');
  const root = join(home, 'root');
  for (const path of [bin, answers, root]) mkdirSync(path);
  writeFileSync(log, '');
  for (const name of COMMANDS) {
    writeFileSync(join(bin, name), recording({ name, log, answers }), { mode: 0o755 });
  }
  const nodePath = join(bin, 'node');
  const monPath = join(bin, 'run.js');
  for (const path of [nodePath, monPath]) writeFileSync(path, '', { mode: 0o755 });
  const path = `${bin}:${process.env['PATH']}`;
  const run = commandRunner({ ...process.env, PATH: path });
  return {
    host: { root, userId: 0, run, environment: {}, ...given },
    options: { ...OPTIONS, nodePath, monPath },
    path,
    script(words, { code = 0, stdout = '', stderr = '' }) {
      const stem = join(answers, words.replaceAll(' ', '_'));
      writeFileSync(`${stem}.out`, stdout);
      writeFileSync(`${stem}.err`, stderr);
      writeFileSync(`${stem}.code`, String(code));
    },
    ran: () => readFileSync(log, 'utf8').split('\n').filter(isAct),
    write(place, text) {
      mkdirSync(dirname(join(root, place)), { recursive: true });
      writeFileSync(join(root, place), text);
    },
    read: (place) => textIfAny(join(root, place)),
  };
}

function isAct(line: string): boolean {
  return line !== '' && !QUESTION.test(line);
}

function recording({ name, log, answers }: { name: string; log: string; answers: string }): string {
  return `#!/bin/sh
echo "${name} $*" >> '${log}'
stem='${answers}/${name}_'"$1"
[ -f "$stem.code" ] || exit 0
cat "$stem.out"
cat "$stem.err" >&2
exit "$(cat "$stem.code")"
`;
}

export function textIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
