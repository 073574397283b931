/**
 * Contexts: named servers in `$XDG_CONFIG_HOME/mon/contexts.yaml` (docs/cli.md, "Contexts").
 *
 * The file holds paths of token files, never tokens; it is written whole, by rename, mode 0600.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { parse, stringify } from 'yaml';

export interface Context {
  readonly server: string;
  readonly tokenFile?: string;
  readonly tenant?: string;
}

export interface ContextFile {
  /** The context used where none is named; undefined for none. */
  readonly current: string | undefined;
  readonly contexts: ReadonlyMap<string, Context>;
}

const EMPTY: ContextFile = { current: undefined, contexts: new Map() };

/** Where the contexts of this user are. `configDir` is oclif's. */
export function contextPath(configDir: string): string {
  return join(configDir, 'contexts.yaml');
}

/** @throws MonError `bad-context-file` */
export async function readContexts(path: string): Promise<ContextFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return EMPTY;
    throw badFile(path, reasonOf(cause), cause);
  }
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (cause) {
    throw badFile(path, reasonOf(cause).split('\n')[0] ?? '', cause);
  }
  return contextsFrom(parsed, path);
}

function contextsFrom(parsed: unknown, path: string): ContextFile {
  if (parsed === null || parsed === undefined) return EMPTY;
  if (!isRecord(parsed)) throw badFile(path, 'it is not a map');
  const contexts = new Map<string, Context>();
  const listed = parsed['contexts'] ?? {};
  if (!isRecord(listed)) throw badFile(path, '`contexts` is not a map');
  for (const [name, fields] of Object.entries(listed)) {
    const server = isRecord(fields) ? fields['server'] : undefined;
    if (!isRecord(fields) || typeof server !== 'string') {
      throw badFile(path, `context ${JSON.stringify(name)} has no \`server\``);
    }
    const tokenFile = fields['token_file'];
    const tenant = fields['tenant'];
    contexts.set(name, {
      server,
      ...(typeof tokenFile === 'string' ? { tokenFile } : {}),
      ...(typeof tenant === 'string' ? { tenant } : {}),
    });
  }
  const current = parsed['current'];
  return { current: typeof current === 'string' ? current : undefined, contexts };
}

/** @throws MonError `bad-context-file` where the file cannot be written */
export async function writeContexts(path: string, file: ContextFile): Promise<void> {
  const contexts = Object.fromEntries(
    [...file.contexts].map(([name, { server, tokenFile, tenant }]) => [
      name,
      { server, token_file: tokenFile, tenant },
    ]),
  );
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, stringify({ current: file.current, contexts }), { mode: 0o600 });
    await rename(temporary, path);
  } catch (cause) {
    throw badFile(path, reasonOf(cause), cause);
  }
}

/** @throws MonError `unknown-context` */
export function contextNamed(file: ContextFile, name: string): Context {
  const context = file.contexts.get(name);
  if (context !== undefined) return context;
  const names = [...file.contexts.keys()];
  throw new MonError({
    code: 'unknown-context',
    what: `Cannot use the context ${JSON.stringify(name)}`,
    why: names.length === 0 ? 'there are no contexts' : `there are ${names.join(', ')}`,
    mend: `Add it with \`mon context add ${name} --server URL\`.`,
  });
}

function badFile(path: string, why: string, cause?: unknown): MonError {
  return new MonError({
    code: 'bad-context-file',
    what: `Cannot use the context file ${path}`,
    why,
    mend: 'Correct or remove the file, then add contexts with `mon context add`.',
    cause,
  });
}

function isMissing(thrown: unknown): boolean {
  return isRecord(thrown) && thrown['code'] === 'ENOENT';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
