/**
 * What `mon up` runs: a server and an agent for this host in one process.
 *
 * The agent sends to the server over loopback, as agents of other hosts would. It is stopped first,
 * so that what it has collected is stored before the server closes.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '@mon/agent/agent';
import { type AgentSettings, readAgentConfig } from '@mon/agent/config/agent-settings';
import { plainRemote } from '@mon/agent/config/remote-write-config';
import type { ConfigText, ServerConfig } from '@mon/server/config/server-config';
import { type RunningServer, type ServerOptions, startServer } from '@mon/server/server';
import type { Clock } from '@mon/storage/model/clock';

export interface HostMonitorOptions {
  readonly config: ServerConfig;
  readonly log: ServerOptions['log'];
  readonly clock: Clock;
  readonly version: string;
}

export interface HostMonitor {
  readonly server: RunningServer;
  readonly agent: Agent;
  /**
   * Takes scrape configs, rule files and alerting of another configuration.
   *
   * @throws SettingsError, MonError; then the former stays, or part of it
   */
  readonly reload: (config: ServerConfig) => Promise<void>;
  readonly close: () => Promise<void>;
}

const WRITE_PATH = '/api/v1/write';
/** The spool's folder in the data directory. */
const SPOOL_FOLDER = 'agent';

/**
 * What runs where no --config is given: this host and, behind `target`, mon itself, every 15 s.
 *
 * @param target the server's HOST:PORT, once it is known
 */
export function builtInConfig(target?: string): string {
  const intervals = 'global: { scrape_interval: 15s, evaluation_interval: 15s }\n';
  if (target === undefined) return intervals;
  const statics = `[{ targets: [${JSON.stringify(target)}] }]`;
  return `${intervals}scrape_configs: [{ job_name: mon, static_configs: ${statics} }]\n`;
}

/**
 * Starts both; resolves when the server takes requests and the agent collects.
 *
 * @throws MonError, SettingsError: those of \`startServer\`, \`readAgentConfig\` and \`startAgent\`
 */
export async function startHostMonitor(options: HostMonitorOptions): Promise<HostMonitor> {
  const { config, log, clock, version } = options;
  // Read before anything starts: a mistake in it must not leave a server behind.
  const own = config.source === undefined ? undefined : await readSettings(config.source);
  const server = await startServer({ config, log, clock, monVersion: version });
  let agent: Agent;
  try {
    agent = await startAgent({
      settings: withServer(own ?? (await builtInSettings(server.url)), server.url),
      log,
      version,
      clock,
      spoolDir: join(config.dataDir, SPOOL_FOLDER),
      hostname: hostname(),
    });
  } catch (thrown) {
    await server.close();
    throw thrown;
  }
  return {
    server,
    agent,
    async reload(next) {
      const read = next.source === undefined ? undefined : await readSettings(next.source);
      await server.reload(next);
      await agent.reload(withServer(read ?? (await builtInSettings(server.url)), server.url));
    },
    async close() {
      await agent.stop();
      await server.close();
    },
  };
}

function builtInSettings(url: string): Promise<AgentSettings> {
  return readSettings({ file: 'built-in', text: builtInConfig(new URL(url).host) });
}

/** @throws SettingsError */
async function readSettings({ file, text }: ConfigText): Promise<AgentSettings> {
  return (await readAgentConfig({ file, text, environment: process.env })).settings;
}

/** The settings with this server as a remote, once. */
function withServer(settings: AgentSettings, url: string): AgentSettings {
  const own = plainRemote(`${url}${WRITE_PATH}`);
  const others = settings.remotes.filter((remote) => remote.url !== own.url);
  return { ...settings, remotes: [own, ...others] };
}
