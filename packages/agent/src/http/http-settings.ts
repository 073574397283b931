/**
 * How a client speaks HTTP: Prometheus's `basic_auth`, `authorization`, `tls_config` and
 * `follow_redirects`, as they stand in a scrape job and in a remote_write target.
 */
import type { Secret } from '@mon/storage/settings/scalars';

export interface HttpSettings {
  readonly basicAuth: { readonly username: Secret; readonly password: Secret } | undefined;
  readonly authorization: { readonly type: string; readonly credentials: Secret } | undefined;
  readonly tls: TlsSettings;
  readonly followRedirects: boolean;
  /** Whether gzip is asked for. */
  readonly takesGzip: boolean;
  /** Fixed headers by name. */
  readonly headers: Readonly<Record<string, Secret>>;
}

export interface TlsSettings {
  readonly ca: Secret | undefined;
  readonly cert: Secret | undefined;
  readonly key: Secret | undefined;
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3' | undefined;
}

export const PLAIN_HTTP: HttpSettings = {
  basicAuth: undefined,
  authorization: undefined,
  tls: {
    ca: undefined,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    insecureSkipVerify: false,
    minVersion: undefined,
  },
  followRedirects: true,
  takesGzip: true,
  headers: {},
};
