/**
 * `mon context remove`: forgets a named server.
 */
import { Args } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { contextNamed, contextPath, readContexts, writeContexts } from '../../context-file.ts';

export default class ContextRemove extends MonCommand {
  static override summary = 'Remove a context';
  static override description = 'Forgets the name; the server and the token file stay as they are.';
  static override examples = ['<%= config.bin %> context remove lab'];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'Name of the context' }),
  };

  async run(): Promise<void> {
    const { args } = await this.usage(ContextRemove);
    const path = contextPath(this.config.configDir);
    const file = await readContexts(path);
    contextNamed(file, args.name);
    const contexts = new Map(file.contexts);
    contexts.delete(args.name);
    const current = file.current === args.name ? undefined : file.current;
    await writeContexts(path, { current, contexts });
    this.remark(`Removed ${args.name}.`);
  }
}
