/**
 * `mon context add`: names a server.
 */
import { resolve } from 'node:path';
import { MonError } from '@mon/storage/model/error';
import { tenantId } from '@mon/storage/model/tenant';
import { Args, Flags } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { serverUrl } from '../../connection.ts';
import { contextPath, readContexts, writeContexts } from '../../context-file.ts';

export default class ContextAdd extends MonCommand {
  static override summary = 'Name a server, to reach it with --context NAME';
  static override description =
    'Adds a context, or replaces the one of that name. The first context added becomes the current ' +
    'one, which commands use when nothing else names a server.';
  static override examples = [
    '<%= config.bin %> context add prod --server https://mon.example.org --token-file ~/.mon-token',
    '<%= config.bin %> context add lab --server http://10.0.0.5:9500 --tenant lab --use',
  ];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'Name of the context' }),
  };
  static override flags = {
    server: Flags.string({ helpValue: 'URL', required: true, summary: 'URL of the server' }),
    'token-file': Flags.string({ helpValue: 'FILE', summary: 'File that holds the token' }),
    tenant: Flags.string({ helpValue: 'NAME', summary: 'Tenant to act in' }),
    use: Flags.boolean({ summary: 'Make it the current context' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(ContextAdd);
    const path = contextPath(this.config.configDir);
    const file = await readContexts(path);
    const tokenFile = flags['token-file'];
    const contexts = new Map(file.contexts).set(contextName(args.name), {
      server: serverUrl(flags.server),
      ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
      ...(flags.tenant === undefined ? {} : { tenant: tenantId(flags.tenant) }),
    });
    const current = flags.use ? args.name : (file.current ?? args.name);
    await writeContexts(path, { current, contexts });
    this.remark(
      current === args.name
        ? `Added ${args.name}, the current context.`
        : `Added ${args.name}. Use it with --context ${args.name}.`,
    );
  }
}

/** @throws MonError `bad-context-name` */
function contextName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
  throw new MonError({
    code: 'bad-context-name',
    what: `Cannot name a context ${JSON.stringify(name)}`,
    why: 'a name is 1 to 64 letters, digits, dots, dashes and underscores',
    mend: 'Choose another name.',
  });
}
