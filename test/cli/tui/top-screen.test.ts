/**
 * `mon top` with a made-up terminal: keys in, escape sequences out.
 */
import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runTop } from '@mon/cli/tui/top-screen';
import { ApiClient } from '@mon/server/api/client';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import t, { type Test } from 'tap';
import { type Asked, type FakeApi, startFakeApi, success } from '../fake-api.ts';

const ALTERNATE_ON = '\u001b[?1049h';
const ALTERNATE_OFF = '\u001b[?1049l';
const CURSOR_SHOWN = '\u001b[?25h';

/** A terminal of 80x24 that keeps what was written. */
class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  written = '';
  readonly #watchers = new Set<() => void>();
  #from = 0;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString();
    for (const check of this.#watchers) check();
    done();
  }

  /** Resolves when the text behind the last match, escapes left out, holds `pattern`. */
  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        const text = stripVTControlCharacters(this.written);
        const match = pattern.exec(text.slice(this.#from));
        if (match === null) return;
        this.#from += match.index + match[0].length;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }
}

/** A keyboard, as ink reads one. */
class FakeKeyboard extends EventEmitter {
  readonly isTTY = true;
  #typed: string[] = [];

  type(text: string): void {
    this.#typed.push(text);
    this.emit('readable');
  }

  read(): string | null {
    return this.#typed.shift() ?? null;
  }

  setEncoding(): this {
    return this;
  }

  setRawMode(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

const vector = ({ parameters }: Asked) => {
  const isFilesystem = parameters.get('query')?.includes('node_filesystem') ?? false;
  const labels = isFilesystem ? { mountpoint: '/' } : {};
  const now = Date.now() / 1000;
  const value = parameters.get('query')?.includes('timestamp') ? now : 42;
  return success({
    resultType: 'vector',
    result: ['web-1', 'web-2'].map((instance) => ({
      metric: { instance, ...labels },
      value: [now, String(value)],
    })),
  });
};
const matrix = ({ parameters }: Asked) => {
  const start = Number(parameters.get('start'));
  return success({
    resultType: 'matrix',
    result: [{ metric: {}, values: [0, 60, 120].map((at) => [start + at, '42']) }],
  });
};

async function startTop(t: Test, api: FakeApi) {
  const client = new ApiClient({ server: api.url });
  const stdout = new FakeTerminal();
  const stdin = new FakeKeyboard();
  const ended = runTop({
    client,
    clock: SYSTEM_CLOCK,
    intervalMs: 50,
    colors: true,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
  });
  t.teardown(() => client.close());
  return { stdout, stdin, ended };
}

t.test('runTop() shows hosts and charts, takes keys, leaves the terminal clean', async (t) => {
  const api = await startFakeApi({
    'POST /api/v1/query': vector,
    'POST /api/v1/query_range': matrix,
    'GET /api/v1/alerts': () => success({ alerts: [] }),
  });
  t.teardown(() => api.close());
  const { stdout, stdin, ended } = await startTop(t, api);
  await stdout.until(/▶ web-1/);
  await stdout.until(/[⠁-⣿]/);
  t.ok(stdout.written.includes(ALTERNATE_ON), 'on the alternate screen');
  stdin.type('j');
  await stdout.until(/▶ web-2/);
  stdin.type('/');
  await stdout.until(/Filter: /);
  stdin.type('q');
  await stdout.until(/q▏/);
  stdin.type('\u001b');
  await stdout.until(/quit.*help/);
  stdin.type('q');
  await ended;
  const end = stdout.written.slice(stdout.written.lastIndexOf(ALTERNATE_OFF));
  t.match(end, ALTERNATE_OFF, 'back on the normal screen');
  t.ok(stdout.written.lastIndexOf(CURSOR_SHOWN) > stdout.written.lastIndexOf('\u001b[?25l'));
});

t.test('runTop() says that the server is unreachable, and goes on when it answers', async (t) => {
  let isBroken = true;
  const unlessBroken = (answer: (asked: Asked) => ReturnType<typeof vector>) => (asked: Asked) =>
    isBroken ? { status: 503, body: 'starting' } : answer(asked);
  const api = await startFakeApi({
    'POST /api/v1/query': unlessBroken(vector),
    'POST /api/v1/query_range': unlessBroken(matrix),
    'GET /api/v1/alerts': unlessBroken(() => success({ alerts: [] })),
  });
  t.teardown(() => api.close());
  const { stdout, stdin, ended } = await startTop(t, api);
  await stdout.until(/Trying again\./);
  isBroken = false;
  await stdout.until(/▶ web-1/);
  stdin.type('\u0003');
  await ended;
  t.ok(stdout.written.includes(ALTERNATE_OFF), 'Ctrl-C quits cleanly too');
});

t.test('runTop() leaves the screen and throws where the server wants a token', async (t) => {
  const refused = () => ({ status: 401, body: 'who is there?' });
  const api = await startFakeApi({
    'POST /api/v1/query': refused,
    'POST /api/v1/query_range': refused,
    'GET /api/v1/alerts': refused,
  });
  t.teardown(() => api.close());
  const { stdout, ended } = await startTop(t, api);
  await t.rejects(ended, { code: 'not-authorised' });
  t.ok(stdout.written.includes(ALTERNATE_OFF));
});
