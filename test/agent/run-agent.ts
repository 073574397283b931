/**
 * A whole agent as a process of its own, for tests that kill it or look into it:
 * `run-agent.ts CONFIG SPOOL_DIR HOST_ROOT`. Prints `started` once it runs.
 */
import { startAgent } from '@mon/agent/agent';
import { loadAgentConfig } from '@mon/agent/config/agent-settings';
import { pino } from 'pino';

const [config = '', spoolDir = '', hostRoot = '/'] = process.argv.slice(2);
const { settings } = await loadAgentConfig(config, {});
const log = pino({ enabled: false });
const agent = await startAgent({ settings, log, version: '0.0.0', spoolDir, hostRoot });
process.on('SIGTERM', () => void agent.stop());
const libraries = process.report.getReport() as { sharedObjects: readonly string[] };
process.stdout.write(`${JSON.stringify(libraries.sharedObjects)}\nstarted\n`);
