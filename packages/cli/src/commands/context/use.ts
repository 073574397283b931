/**
 * `mon context use`: chooses the current context.
 */
import { Args } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { contextNamed, contextPath, readContexts, writeContexts } from '../../context-file.ts';

export default class ContextUse extends MonCommand {
  static override summary = 'Make a context the current one';
  static override description =
    'Commands use the current context where nothing else names a server.';
  static override examples = ['<%= config.bin %> context use prod'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'Name of the context' }),
  };

  async run(): Promise<void> {
    const { args } = await this.usage(ContextUse);
    const path = contextPath(this.config.configDir);
    const file = await readContexts(path);
    const { server } = contextNamed(file, args.name);
    await writeContexts(path, { ...file, current: args.name });
    this.remark(`Commands now go to ${server} (context ${args.name}).`);
  }
}
