/**
 * The house style as a test: sizes, names, headers, import edges, cycles, error codes.
 *
 * Each failure says what to do. Exceptions stand in the tables below, each with its reason.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t, { type Test } from 'tap';

const ROOT = join(import.meta.dirname, '..');
const FILE_LINES_MAX = 600;
const FUNCTION_LINES_MAX = 70;
const LINE_LENGTH_MAX = 100;

/** Words that hide what a file or a type is for. */
const FORBIDDEN_NAME =
  /(^|-)(manager|helpers?|utils?|utilities|common|misc|base|impl|processor|service|wrapper|data|info|types|constants)(-|$)|^index$/;
const FORBIDDEN_TYPE = /(Manager|Helper|Util|Utils|Processor|Service|Wrapper|Impl)$/;

/** Names that a protocol or PromQL itself gives. */
const NAME_EXCEPTIONS = new Set<string>(['packages/server/src/promql/functions/info.ts']);

/** package -> packages it may import. */
const PACKAGE_EDGES: Readonly<Record<string, readonly string[]>> = {
  storage: [],
  server: ['storage'],
  agent: ['storage'],
  cli: ['storage', 'server', 'agent'],
};

/** Folders of storage that every program shares: nothing in them reaches LevelDB or threads. */
const PURE_FOLDERS = ['model', 'memory', 'encoding', 'protocol', 'files', 'log', 'settings'];

/** npm package -> the one file (or folder) that may import it. */
const SINGLE_IMPORTERS: Readonly<Record<string, RegExp>> = {
  'classic-level': /^packages\/storage\/src\/kv\/level-database\.ts$/,
  snappy: /^packages\/storage\/src\/protocol\/snappy\.ts$/,
  re2js: /^packages\/storage\/src\/model\/(matcher|regex)\.ts$/,
  'node-cron': /^packages\/server\/src\/jobs\//,
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Paths of files imported, relative to the root, packages resolved to their source. */
  readonly imports: readonly string[];
  /** npm packages imported. */
  readonly packages: readonly string[];
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return ['node_modules', 'dist'].includes(entry.name) ? [] : filesUnder(path);
    return /\.(ts|tsx)$/.test(entry.name) ? [path] : [];
  });
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const imports: string[] = [];
  const packages: string[] = [];
  for (const match of text.matchAll(
    /^(?:import|export)[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/gm,
  )) {
    const target = match[1] ?? match[2] ?? '';
    const own = /^@mon\/(\w+)\/(.+)$/.exec(target);
    if (target.startsWith('.')) imports.push(relative(ROOT, join(ROOT, dirname(path), target)));
    else if (own) imports.push(`packages/${own[1]}/src/${own[2]}.ts`);
    else packages.push(target);
  }
  return { path, text, lines: text.split('\n'), imports, packages };
}

const sources = ['storage', 'server', 'agent', 'cli']
  .flatMap((name) => filesUnder(`packages/${name}/src`))
  .map(readSource);
const tests = filesUnder('test').map(readSource);
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Reports all findings of one rule in one assertion. */
function noFindings(t: Test, findings: readonly string[], mend: string): void {
  t.equal(
    findings.length,
    0,
    findings.length === 0 ? 'none' : `${findings.join('\n')}\n=> ${mend}`,
  );
}

t.test('files are small, and so are lines', async (t) => {
  noFindings(
    t,
    [...sources, ...tests]
      .filter((f) => f.lines.length > FILE_LINES_MAX)
      .map((f) => `${f.path}: ${f.lines.length} lines`),
    `split by verb or noun until no file has over ${FILE_LINES_MAX} lines`,
  );
  const long = sources.flatMap((f) =>
    f.lines.flatMap((line, i) =>
      // A long literal cannot be broken without hurting it; the formatter handles the rest.
      line.length > LINE_LENGTH_MAX && !/['"`/].{60,}/.test(line) ? [`${f.path}:${i + 1}`] : [],
    ),
  );
  noFindings(t, long, `break the line before column ${LINE_LENGTH_MAX}`);
});

t.test('functions are short', async (t) => {
  const findings: string[] = [];
  for (const { path, lines } of sources) {
    let start = -1;
    let close = '';
    lines.forEach((line, i) => {
      const opens =
        /^( *)(?:export )?(?:default )?(?:async )?function\*? .*[{(]$/.exec(line) ??
        /^( {2})(?:override |static |private |protected |public |async |get |set |\*)*#?[a-zA-Z]+(?:<.*>)?\(.*[{(]$/.exec(
          line,
        );
      if (opens && start < 0 && !/^\s*(if|for|while|switch|return|catch)\b/.test(line)) {
        start = i;
        close = `${opens[1]}}`;
      } else if (start >= 0 && line === close) {
        if (i - start + 1 > FUNCTION_LINES_MAX)
          findings.push(`${path}:${start + 1}: ${i - start + 1} lines`);
        start = -1;
      }
    });
  }
  noFindings(t, findings, `cut each function to at most ${FUNCTION_LINES_MAX} lines`);
});

t.test('names say what a thing is', async (t) => {
  const badFiles = sources.filter(({ path }) => {
    const name =
      path
        .split('/')
        .at(-1)
        ?.replace(/\.tsx?$/, '') ?? '';
    if (NAME_EXCEPTIONS.has(path)) return false;
    return FORBIDDEN_NAME.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?$/.test(name);
  });
  noFindings(
    t,
    badFiles.map((f) => f.path),
    'name the file in kebab-case for the one thing inside',
  );
  const badTypes = sources.flatMap((f) =>
    [...f.text.matchAll(/^export (?:abstract )?(?:class|interface|type) (\w+)/gm)]
      .map((match) => match[1] ?? '')
      .filter(
        (name) =>
          FORBIDDEN_TYPE.test(name) ||
          (/^I[A-Z][a-z]/.test(name) && name.startsWith('I') && /^I[A-Z][a-z]+able$/.test(name)),
      )
      .map((name) => `${f.path}: ${name}`),
  );
  noFindings(t, badTypes, 'use a noun of the glossary (docs/glossary.md)');
});

t.test('every file opens with a header comment', async (t) => {
  noFindings(
    t,
    sources.filter((f) => !f.text.startsWith('/**')).map((f) => f.path),
    'say in two lines what the file holds, its invariants, and where its format or source is described',
  );
});

t.test('exports are named, no file re-exports others', async (t) => {
  noFindings(
    t,
    sources
      .filter(
        (f) => /^export default/m.test(f.text) && !f.path.startsWith('packages/cli/src/commands/'),
      )
      .map((f) => f.path),
    'export by name',
  );
  noFindings(
    t,
    sources.filter((f) => /^export (\*|\{[^}]*\}) from/m.test(f.text)).map((f) => f.path),
    'import from the file that declares it',
  );
});

t.test('code has no any, no ignored type errors, no leftovers', async (t) => {
  const findings = sources.flatMap((f) =>
    f.lines.flatMap((line, i) =>
      /\bas any\b|: any\b|<any>|@ts-ignore|@ts-nocheck|\b(TODO|FIXME|XXX|HACK)\b|console\.(log|error|warn)\(|catch \{\s*\}|catch \(\w*\) \{\s*\}/.test(
        line,
      )
        ? [`${f.path}:${i + 1}: ${line.trim()}`]
        : [],
    ),
  );
  noFindings(t, findings, 'give it a type, do it now, or hand in a logger');
});

t.test('packages import in one direction', async (t) => {
  const findings = sources.flatMap((f) => {
    const from = f.path.split('/')[1] ?? '';
    return f.imports
      .map((path) => path.split('/')[1] ?? '')
      .filter((to) => to !== from && !(PACKAGE_EDGES[from] ?? []).includes(to))
      .map((to) => `${f.path} imports ${to}`);
  });
  noFindings(t, findings, 'move the shared part down into storage');
});

t.test('shared folders of storage stay pure, promql stays apart', async (t) => {
  const folderOf = (path: string) => /^packages\/storage\/src\/([\w-]+)\//.exec(path)?.[1] ?? '';
  const impure = sources
    .filter((f) => PURE_FOLDERS.includes(folderOf(f.path)))
    .flatMap((f) =>
      f.imports
        .filter((to) => !PURE_FOLDERS.includes(folderOf(to)))
        .map((to) => `${f.path} imports ${to}`),
    );
  noFindings(t, impure, 'the agent runs on these without loading LevelDB: move the need up');
  const promql = sources
    .filter((f) => f.path.startsWith('packages/server/src/promql/'))
    .flatMap((f) =>
      f.imports
        .filter(
          (to) =>
            !to.startsWith('packages/server/src/promql/') &&
            !to.startsWith('packages/storage/src/model/'),
        )
        .map((to) => `${f.path} imports ${to}`),
    );
  noFindings(t, promql, 'PromQL knows the model and itself');
});

t.test('a foreign package has one importer', async (t) => {
  const findings = sources.flatMap((f) =>
    f.packages.flatMap((name) => {
      const allowed = SINGLE_IMPORTERS[name];
      return allowed !== undefined && !allowed.test(f.path) ? [`${f.path} imports ${name}`] : [];
    }),
  );
  noFindings(t, findings, 'go through the file that keeps it');
});

t.test('imports have no cycles', async (t) => {
  const state = new Map<string, 'open' | 'done'>();
  const findings: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      findings.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const next of byPath.get(path)?.imports ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of byPath.keys()) visit(path, []);
  noFindings(t, findings, 'move what both need into a third file');
});

t.test('every error code is documented', async (t) => {
  const documented = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const codes = new Set(
    sources.flatMap((f) =>
      [...f.text.matchAll(/\bcode: '([a-z0-9-]+)'/g)].map((match) => match[1] ?? ''),
    ),
  );
  noFindings(
    t,
    [...codes].filter((code) => !documented.includes(`\`${code}\``)),
    'add a line to docs/errors.md: code, meaning, what to do',
  );
});
