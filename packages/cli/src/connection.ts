/**
 * Which server a client command talks to, and as whom: flags, then environment, then context.
 *
 * A context's token and tenant go only to that context's server: a server named by a flag or by
 * MON_SERVER never sees them.
 */
import { readFile } from 'node:fs/promises';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { type Context, type ContextFile, contextNamed } from './context-file.ts';

export const SERVER_DEFAULT = 'http://127.0.0.1:9500';

export interface Connection {
  /** Without a slash at the end. */
  readonly server: string;
  readonly token: string | undefined;
  readonly tenant: string | undefined;
}

export interface ConnectionFlags {
  readonly server?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly tenant?: string | undefined;
  readonly context?: string | undefined;
}

export interface ConnectionSources {
  readonly flags: ConnectionFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly contexts: ContextFile;
}

/** @throws MonError `unknown-context`, `bad-server-url`, `bad-token-file` */
export async function resolveConnection(sources: ConnectionSources): Promise<Connection> {
  const { flags, env, contexts } = sources;
  const named = flags.context === undefined ? undefined : contextNamed(contexts, flags.context);
  const direct = flags.server ?? (named === undefined ? nonEmpty(env['MON_SERVER']) : undefined);
  const context = named ?? (direct === undefined ? currentContext(contexts) : undefined);
  const server = serverUrl(direct ?? context?.server ?? SERVER_DEFAULT);
  const trusted =
    context !== undefined && serverUrl(context.server) === server ? context : undefined;
  return {
    server,
    token: await resolveToken(flags['token-file'], nonEmpty(env['MON_TOKEN']), trusted),
    tenant: flags.tenant ?? trusted?.tenant,
  };
}

function currentContext(contexts: ContextFile): Context | undefined {
  return contexts.current === undefined ? undefined : contextNamed(contexts, contexts.current);
}

async function resolveToken(
  flagFile: string | undefined,
  environment: string | undefined,
  context: Context | undefined,
): Promise<string | undefined> {
  if (flagFile !== undefined) return readToken(flagFile);
  if (environment !== undefined) return environment;
  return context?.tokenFile === undefined ? undefined : readToken(context.tokenFile);
}

/** @throws MonError `bad-token-file` */
export async function readToken(path: string): Promise<string> {
  const mend = 'Name a file whose only content is the token.';
  const what = `Cannot read the token file ${path}`;
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new MonError({ code: 'bad-token-file', what, why: reasonOf(cause), mend, cause });
  }
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const why = text === '' ? 'it is empty' : 'it is more than one word of printable ASCII';
  throw new MonError({ code: 'bad-token-file', what, why, mend });
}

/** Checks a server's URL and cuts slashes at its end. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') {
    return text.replace(/\/+$/, '');
  }
  throw new MonError({
    code: 'bad-server-url',
    what: `Cannot use ${JSON.stringify(text)} as a server`,
    why: 'it is not an http:// or https:// URL',
    mend: `Write it like ${SERVER_DEFAULT}.`,
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
