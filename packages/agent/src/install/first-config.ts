/**
 * The configuration that `mon agent install` writes: this host's metrics and StatsD, sent to one
 * server. It says in comments what an operator is likely to add.
 */
import { PLACES } from './places.ts';
import { WRITE_PATH } from './server-address.ts';

export interface FirstConfigOptions {
  /** From `serverAddress()`. */
  readonly server: string;
  /** Whether the server wants the token that systemd hands to the agent. */
  readonly hasToken: boolean;
  readonly tenant: string | undefined;
  /** `instance` of the host's series; undefined: the host's name at each start. */
  readonly instance: string | undefined;
}

export function firstConfigText(options: FirstConfigOptions): string {
  const { server, hasToken, tenant, instance } = options;
  const instanceLine =
    instance === undefined
      ? '    # instance: NAME        # if it shall not be the name of the host'
      : `    instance: ${quoted(instance)}`;
  return `# Configuration of the mon agent. Prometheus's keys keep their meaning.
# Check it with \`mon agent check\`, take it up with \`systemctl reload mon-agent\`.
global:
  scrape_interval: 15s

# What the agent scrapes beside the host itself, as in a prometheus.yml.
scrape_configs: []
#  - job_name: postgres
#    static_configs:
#      - targets: ['127.0.0.1:9187']

remote_write:
  - url: ${quoted(server + WRITE_PATH)}
${hasToken ? tokenLines() : ''}${tenant === undefined ? '' : tenantLines(tenant)}
agent:
  # What the server has not taken yet waits here; over the bound the oldest goes.
  spool:
    dir: ${PLACES.stateDir}
    bytes: 1GB
  host:
    interval: 15s
    job: node
${instanceLine}
  statsd:
    listen: 127.0.0.1:8125
`;
}

function tokenLines(): string {
  return `    # systemd copies ${PLACES.token} there when it starts the agent.
    authorization:
      credentials_file: ${PLACES.credential}
`;
}

function tenantLines(tenant: string): string {
  return `    headers:
      X-Scope-OrgID: ${quoted(tenant)}
`;
}

/** A YAML string: JSON's form is one. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
