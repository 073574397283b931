/**
 * `stripPort` and `stripDomain`: the host of `host:port`, and its first name.
 */
import { isIP } from 'node:net';

/** `web-1.example.org:9100` -> `web-1.example.org`; unchanged where there is no port. */
export function stripPort(hostPort: string): string {
  return split(hostPort)?.host ?? hostPort;
}

/** `web-1.example.org:9100` -> `web-1:9100`; addresses stay as they are. */
export function stripDomain(hostPort: string): string {
  const { host, port } = split(hostPort) ?? { host: hostPort, port: '' };
  if (isIP(host) !== 0) return hostPort;
  const name = host.split('.')[0] ?? '';
  return port === '' ? name : `${name}:${port}`;
}

function split(hostPort: string): { host: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(hostPort);
  if (!match) return undefined;
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}
