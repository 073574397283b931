/**
 * `mon completion`: a completion script for a shell, made from the commands themselves.
 */
import { unreachable } from '@mon/storage/model/assert';
import { Args } from '@oclif/core';
import { MonCommand } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { commandWords } from '../completion/command-line.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export default class Completion extends MonCommand {
  static override summary = 'Print a completion script for bash, zsh or fish';
  static override description =
    'The first line of the script says where to put it. Commands, flags and their values complete.';
  static override examples = [
    '<%= config.bin %> completion bash > /etc/bash_completion.d/mon',
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/mon.fish',
  ];
  static override args = {
    shell: Args.string({
      required: true,
      ignoreStdin: true,
      options: SHELLS,
      description: 'Shell to complete in',
    }),
  };

  async run(): Promise<void> {
    const { args } = await this.usage(Completion);
    const words = commandWords(this.config);
    const shell = args.shell as (typeof SHELLS)[number];
    switch (shell) {
      case 'bash':
        return this.print(bashCompletion(words));
      case 'zsh':
        return this.print(zshCompletion(words));
      case 'fish':
        return this.print(fishCompletion(words));
      default:
        return unreachable(shell);
    }
  }
}
