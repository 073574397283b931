/**
 * `HOST:PORT` to listen on, and whether only this host can reach it.
 */
import { isIP } from 'node:net';
import { MonError } from '@mon/storage/model/error';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export const LISTEN_DEFAULT: ListenAddress = { host: '127.0.0.1', port: 9500 };

/**
 * Reads `127.0.0.1:9500`, `[::1]:9500`, `localhost:9500`, `:9500` (every address).
 *
 * @throws MonError `bad-listen-address`
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host: host === '' ? '::' : host, port };
  throw new MonError({
    code: 'bad-listen-address',
    what: `Cannot listen on ${JSON.stringify(text.slice(0, 200))}`,
    why: 'it is not HOST:PORT with a port from 0 to 65535',
    mend: 'Write it like 127.0.0.1:9500, or [::1]:9500 for IPv6.',
  });
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs on this host reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Without authentication nothing but loopback is served, unless the operator says so.
 *
 * @throws MonError `listen-needs-auth`
 */
export function refuseOpenAddress(address: ListenAddress, insecureNoAuth: boolean): void {
  if (insecureNoAuth || isLoopback(address.host)) return;
  throw new MonError({
    code: 'listen-needs-auth',
    what: `Cannot listen on ${formatListenAddress(address)}`,
    why: 'other hosts would reach it, and requests are not authenticated',
    mend: 'Listen on 127.0.0.1, or add --insecure-no-auth if the network is trusted.',
  });
}
