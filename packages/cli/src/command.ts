/**
 * What all commands share: flags, where output goes, how usage errors look.
 *
 * Data goes to standard output, everything else to standard error. Every command parses its command
 * line through `usage()`, so that a wrong flag is never ignored.
 */

import { ApiClient } from '@mon/server/api/client';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { parseDurationMs } from '@mon/storage/model/duration';
import { Command, Flags, type Interfaces } from '@oclif/core';
import { type Connection, type ConnectionFlags, resolveConnection } from './connection.ts';
import { contextPath, readContexts } from './context-file.ts';
import { type Column, formatRows, OUTPUTS } from './print/rows.ts';
import { showsColor } from './print/span.ts';
import { terminalSize } from './repaint.ts';
import { usageError } from './usage-error.ts';

/** Flags of every command that talks to a server. */
export const connectionFlags = {
  server: Flags.string({
    helpValue: 'URL',
    helpGroup: 'SERVER',
    summary: 'Server to talk to (else MON_SERVER, the context, http://127.0.0.1:9500)',
  }),
  'token-file': Flags.string({
    helpValue: 'FILE',
    helpGroup: 'SERVER',
    summary: 'File that holds the token (else MON_TOKEN, the context)',
  }),
  tenant: Flags.string({
    helpValue: 'NAME',
    helpGroup: 'SERVER',
    summary: 'Tenant to act in, where the server asks for no token',
  }),
  context: Flags.string({
    helpValue: 'NAME',
    helpGroup: 'SERVER',
    summary: 'Context to take server, token and tenant from',
  }),
};

/** The flag of every command that prints data. */
export const outputFlag = {
  output: Flags.option({
    char: 'o',
    options: OUTPUTS,
    default: 'table',
    summary: 'Form of the data on standard output',
  })(),
};

/** A flag that takes a duration such as `5m`; its value is milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => parseDurationMs(text),
});

type Parsed<C extends typeof Command> = {
  readonly flags: Interfaces.InferredFlags<C['flags']>;
  readonly args: Interfaces.InferredArgs<C['args']>;
};

export abstract class MonCommand extends Command {
  protected readonly clock = SYSTEM_CLOCK;

  /**
   * The command's flags and arguments, as `this.usage(Query)`.
   *
   * @throws MonError `usage`
   */
  protected async usage<C extends typeof Command>(command: C): Promise<Parsed<C>> {
    try {
      const { flags, args } = await this.parse(command);
      return { flags, args } as Parsed<C>;
    } catch (thrown) {
      const words = (this.id ?? '').replaceAll(':', ' ');
      throw usageError(thrown, { words, flags: command.flags });
    }
  }

  /** @throws MonError `unknown-context`, `bad-context-file`, `bad-server-url`, `bad-token-file` */
  protected async connection(flags: ConnectionFlags): Promise<Connection> {
    const contexts = await readContexts(contextPath(this.config.configDir));
    return resolveConnection({ flags, env: process.env, contexts });
  }

  /**
   * Runs `use` with a client of the server that the flags name, and closes it.
   *
   * @throws MonError as `connection()`, and what the client throws
   */
  protected async withClient<T>(
    flags: ConnectionFlags,
    use: (client: ApiClient) => Promise<T>,
  ): Promise<T> {
    const client = new ApiClient(await this.connection(flags));
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  /** Whether standard output shows colours. */
  protected get colors(): boolean {
    return showsColor(process.stdout, process.env);
  }

  /** Writes data to standard output, ended by a newline. */
  protected print(text: string): void {
    process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  /** Writes a remark to standard error. */
  protected remark(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Writes rows in the form asked for. */
  protected printRows<Row>(
    output: (typeof OUTPUTS)[number],
    columns: readonly Column<Row>[],
    rows: readonly Row[],
  ): void {
    const widthMax = process.stdout.isTTY === true ? terminalSize().columns : undefined;
    this.print(formatRows(output, columns, rows, widthMax));
  }
}
