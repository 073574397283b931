/**
 * Checks a configuration file of any kind mon reads, and the files it names: all mistakes at once.
 */
import { availableParallelism, hostname } from 'node:os';
import { readAgentConfig } from '@mon/agent/config/agent-settings';
import { loadAlerting } from '@mon/server/alerting/config/load-settings';
import { resolveServerConfig, type ServerConfig } from '@mon/server/config/server-config';
import { readConfigRules } from '@mon/server/rules/config-rules';
import { readRuleFile } from '@mon/server/rules/rule-file';
import { MonError } from '@mon/storage/model/error';
import { type Mistake, SettingsError } from '@mon/storage/settings/mistake';
import { readSettingsFile } from '@mon/storage/settings/read-settings';
import { parseDocument } from 'yaml';

/** A prometheus.yml is of the kind `mon`: mon's own keys stand beside Prometheus's. */
export type ConfigKind = 'mon' | 'alertmanager' | 'rules';

export interface CheckedConfig {
  /** As named. */
  readonly file: string;
  readonly kind: ConfigKind;
  /** Errors and warnings, by file, line and column. */
  readonly mistakes: readonly Mistake[];
}

interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/** @throws MonError `config-unreadable` for the file itself */
export async function checkConfig(file: string): Promise<CheckedConfig> {
  const source = { file, text: await readSettingsFile(file) };
  const kind = kindOf(source.text);
  return { file, kind, mistakes: distinct(await mistakesOf(source, kind)) };
}

function mistakesOf(source: ConfigText, kind: ConfigKind): Promise<Mistake[]> {
  switch (kind) {
    case 'rules':
      return collect(async () => [...readRuleFile(source).warnings]);
    case 'alertmanager':
      return collect(async () => {
        const section = { kind: 'file', file: source.file } as const;
        return [...(await loadAlerting(section, process.env)).warnings];
      });
    case 'mon':
      return monMistakes(source);
  }
}

/** The kind, by the keys that only one kind has. */
function kindOf(text: string): ConfigKind {
  const root: unknown = parseDocument(text, { logLevel: 'silent', strict: false }).toJS();
  const keys = new Set(typeof root === 'object' && root !== null ? Object.keys(root) : []);
  if (keys.has('groups')) return 'rules';
  const isAlertmanager = ['route', 'receivers', 'inhibit_rules'].some((key) => keys.has(key));
  return isAlertmanager ? 'alertmanager' : 'mon';
}

/** Of server and agent, and of the files that the server's part names. */
async function monMistakes(source: ConfigText): Promise<Mistake[]> {
  const surroundings = {
    hostname: hostname(),
    cpus: availableParallelism(),
    cwd: process.cwd(),
    environment: process.env,
  };
  const agent = await collect(async () => {
    return [...(await readAgentConfig({ ...source, environment: process.env })).warnings];
  });
  const server = await collect(async () => {
    const config = resolveServerConfig({ source, flags: {}, surroundings });
    return [...config.warnings, ...(await namedFiles(config, source.file))];
  });
  return [...server, ...agent];
}

async function namedFiles(config: ServerConfig, file: string): Promise<Mistake[]> {
  const rules = await collect(async () => {
    const { warnings, unmatched } = await readConfigRules(config.ruleFiles);
    return [...warnings, ...unmatched.map((pattern) => unmatchedPattern(file, pattern))];
  });
  const alerting = await collect(async () => {
    return [...(await loadAlerting(config.alerting, process.env)).warnings];
  });
  return [...rules, ...alerting];
}

function unmatchedPattern(file: string, pattern: string): Mistake {
  const what = `no file matches ${pattern}`;
  return { severity: 'warning', file, line: 1, column: 1, path: 'rule_files', what, mend: '' };
}

/** What `read` returns, or the mistakes it throws. */
async function collect(read: () => Promise<Mistake[]>): Promise<Mistake[]> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof SettingsError) return [...thrown.mistakes];
    if (!(thrown instanceof MonError)) throw thrown;
    // A file that is named and cannot be read.
    const { what, why, mend } = thrown;
    return [
      { severity: 'error', file: '', line: 1, column: 1, path: '', what: `${what}: ${why}`, mend },
    ];
  }
}

/** Both programs read the shared sections, and each notes the same mistakes. */
function distinct(mistakes: readonly Mistake[]): Mistake[] {
  const byText = new Map(mistakes.map((mistake) => [JSON.stringify(mistake), mistake]));
  return [...byText.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : Number(a.file > b.file)) || a.line - b.line || a.column - b.column,
  );
}

/** @throws SettingsError where the file, or one that it names, has an error */
export async function refuseMistakes(file: string): Promise<void> {
  const { mistakes } = await checkConfig(file);
  if (mistakes.some(({ severity }) => severity === 'error'))
    throw new SettingsError(file, mistakes);
}
