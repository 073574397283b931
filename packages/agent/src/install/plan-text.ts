/**
 * Plans as text for `--dry-run`: every file with its content, every command, nothing left out but
 * secrets.
 */
import { ARRIVAL_DEADLINE_MS } from './arrival.ts';
import type { PreparedInstall } from './carry-out-install.ts';
import { commandLine } from './command-runner.ts';
import { asidePath, type FileAct } from './file-acts.ts';
import type { PlannedCommand } from './install-plan.ts';
import type { UninstallPlan } from './uninstall-plan.ts';

/** Ends in a newline. */
export function installText({ plan, acts, commands, runsCommands }: PreparedInstall): string {
  const files = acts.map(actText).join('\n');
  const run = runsCommands ? 'run' : 'not run, as systemd does not run here:';
  const lines = commands.map((command) => commandText(run, command));
  const isChecked = runsCommands && plan.image === undefined;
  if (isChecked) {
    const seconds = ARRIVAL_DEADLINE_MS / 1000;
    lines.push(`==> check that samples arrive at ${plan.server}, for up to ${seconds} s\n`);
  }
  return `${files}\n${lines.join('')}`;
}

/**
 * @param removals those of the plan's that are there
 * Ends in a newline, unless there is nothing to do.
 */
export function uninstallText(plan: UninstallPlan, removals: readonly string[]): string {
  return [
    ...plan.before.map((command) => commandText('run', command)),
    ...removals.map((path) => `==> remove ${path}\n`),
    ...plan.after.map((command) => commandText('run', command)),
  ].join('');
}

/** One line on what is done to a file: `create /etc/mon/agent.yml`. */
export function actTitle({ file, kind, target }: FileAct): string {
  switch (kind) {
    case 'create':
    case 'replace':
      return `${kind} ${target}`;
    case 'unchanged':
      return `leave ${target}: it is the same already`;
    case 'beside':
      return `keep ${file.path}, which differs, and write ${target} beside it`;
    case 'set-aside':
      return `replace ${target}, keeping the present one as ${asidePath(file)}`;
  }
}

function actText(act: FileAct): string {
  const { file, kind } = act;
  if (kind === 'unchanged') return `==> ${actTitle(act)}\n`;
  const mode = file.mode.toString(8).padStart(4, '0');
  const text = file.isSecret ? '(the token, not shown)\n' : file.text;
  return `==> ${actTitle(act)} (mode ${mode}, owner ${file.owner})\n${text}`;
}

function commandText(verb: string, { command, args, purpose }: PlannedCommand): string {
  return `==> ${verb} ${commandLine(command, args)}    # ${purpose}\n`;
}
