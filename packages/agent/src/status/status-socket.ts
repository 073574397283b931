/**
 * The agent's status over a Unix socket in its spool folder: whoever connects gets one JSON text,
 * then the end. The socket is also the sign that the folder is taken: one agent, one spool.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { AgentReport } from './agent-status.ts';

const SOCKET_NAME = 'agent.sock';
const ANSWER_TIMEOUT_MS = 5000;
const REPORT_BYTES_MAX = 256 * 1024 * 1024;

export class StatusSocket {
  readonly #dir: string;
  readonly #report: () => AgentReport;
  #server: Server | undefined;

  constructor(dir: string, report: () => AgentReport) {
    this.#dir = dir;
    this.#report = report;
  }

  /**
   * Takes the folder. Keeps the process alive until `close`.
   *
   * @throws MonError `spool-taken`, `cannot-listen`
   */
  async open(): Promise<void> {
    if (await isAnswered(this.#dir)) {
      throw new MonError({
        code: 'spool-taken',
        what: `Cannot use the spool ${this.#dir}`,
        why: 'another agent that runs on this host uses it',
        mend: 'Stop the other agent, or give this one another agent.spool.dir.',
      });
    }
    const server = createServer((socket) => {
      // A peer that goes away early is no matter.
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(this.#report()));
    });
    await withSocketPath(this.#dir, async (path) => {
      // What a dead agent left.
      rmSync(join(this.#dir, SOCKET_NAME), { force: true });
      await new Promise<void>((resolve, reject) => {
        server.once('error', (cause) => reject(socketError(this.#dir, cause)));
        server.listen({ path, readableAll: true, writableAll: true }, resolve);
      });
    });
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(join(this.#dir, SOCKET_NAME), { force: true });
  }
}

/**
 * Asks the agent that uses a spool folder how it is; undefined: none runs.
 *
 * @throws MonError `agent-silent` where one runs and does not answer
 */
export async function readAgentReport(dir: string): Promise<AgentReport | undefined> {
  const text = await ask(dir);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as AgentReport;
  } catch (cause) {
    throw silent(dir, 'its answer breaks off', cause);
  }
}

async function isAnswered(dir: string): Promise<boolean> {
  return (await ask(dir).catch(() => '')) !== undefined;
}

/** The whole answer, or undefined where nobody listens. */
function ask(dir: string): Promise<string | undefined> {
  return withSocketPath(
    dir,
    (path) =>
      new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const socket = connect({ path });
        socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
          socket.destroy();
          reject(silent(dir, `it said nothing for ${ANSWER_TIMEOUT_MS} ms`, undefined));
        });
        socket.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > REPORT_BYTES_MAX) socket.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        socket.on('error', (cause: NodeJS.ErrnoException) => {
          if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(cause.code ?? '')) resolve(undefined);
          else reject(silent(dir, reasonOf(cause), cause));
        });
      }),
  );
}

/**
 * Linux takes 107 bytes as a socket's path. A longer one is reached through the folder's file
 * descriptor, which has a short name under /proc.
 */
async function withSocketPath<T>(dir: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(dir, SOCKET_NAME);
  if (Buffer.byteLength(path) <= 107) return use(path);
  let fd: number;
  try {
    fd = openSync(dir, 'r');
  } catch {
    // No such folder: let the socket call say so.
    return use(path.slice(0, 100));
  }
  try {
    return await use(`/proc/self/fd/${fd}/${SOCKET_NAME}`);
  } finally {
    closeSync(fd);
  }
}

function socketError(dir: string, cause: unknown): MonError {
  return new MonError({
    code: 'cannot-listen',
    what: `Cannot open the status socket in ${dir}`,
    why: reasonOf(cause),
    mend: 'Let the user that the agent runs as write to the folder.',
    cause,
  });
}

function silent(dir: string, why: string, cause: unknown): MonError {
  return new MonError({
    code: 'agent-silent',
    what: `Cannot get the status of the agent that uses ${dir}`,
    why,
    mend: 'Try again, as root or the user of the agent; see its log if it goes on.',
    retryable: true,
    cause,
  });
}
