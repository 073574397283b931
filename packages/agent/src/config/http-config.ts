/**
 * The keys about HTTP that a scrape job and a remote_write target share.
 *
 * Source: prometheus/common config/http_config.go.
 */
import type { Cursor } from '@mon/storage/settings/cursor';
import { flag, oneOf, path, type Secret, secret, text, word } from '@mon/storage/settings/scalars';
import {
  converted,
  type Field,
  list,
  mapOf,
  type ObjectValue,
  object,
  optional,
  type Schema,
  unused,
  type Value,
  withDefault,
} from '@mon/storage/settings/schema';
import type { HttpSettings, TlsSettings } from '../http/http-settings.ts';

/** A key whose absence would change what is asked for: refused rather than passed over. */
export function unsupported(mend: string): Field<undefined> {
  return {
    presence: 'default',
    schema: {
      expects: 'nothing',
      read: (at) => at.mistake('is known, but mon cannot do it yet', mend),
    },
    value: undefined,
  };
}

const basicAuth = converted(
  object({
    username: optional(secret()),
    username_file: optional(path()),
    password: optional(secret()),
    password_file: optional(path()),
  }),
  (value, at) => {
    const { username, username_file, password, password_file } = value;
    if (username !== undefined && username_file !== undefined)
      return at.mistake('has both username and username_file', 'keep one');
    if (password !== undefined && password_file !== undefined)
      return at.mistake('has both password and password_file', 'keep one');
    return {
      username: oneSecret(username, username_file),
      password: oneSecret(password, password_file),
    };
  },
);

const authorization = converted(
  object({
    type: withDefault(word(), 'Bearer'),
    credentials: optional(secret()),
    credentials_file: optional(path()),
  }),
  ({ type, credentials, credentials_file }, at) => {
    if ((credentials === undefined) === (credentials_file === undefined))
      return at.mistake('must have either credentials or credentials_file');
    if (type.toLowerCase() === 'basic')
      return at.mistake('cannot have type basic', 'write basic_auth instead');
    return { type, credentials: oneSecret(credentials, credentials_file) };
  },
);

const TLS_VERSIONS = {
  TLS10: undefined,
  TLS11: undefined,
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
} as const;

const tlsKeys = object({
  ca: optional(secret()),
  ca_file: optional(path()),
  cert: optional(secret()),
  cert_file: optional(path()),
  key: optional(secret()),
  key_file: optional(path()),
  server_name: optional(word()),
  insecure_skip_verify: withDefault(flag(), false),
  min_version: optional(oneOf('TLS10', 'TLS11', 'TLS12', 'TLS13')),
  max_version: unused(),
});

export const tlsConfig: Schema<TlsSettings> = converted(tlsKeys, (value, at) => {
  for (const key of ['ca', 'cert', 'key'] as const)
    if (value[key] !== undefined && value[`${key}_file`] !== undefined)
      return at.mistake(`has both ${key} and ${key}_file`, 'keep one');
  const cert = anySecret(value.cert, value.cert_file);
  const key = anySecret(value.key, value.key_file);
  if ((cert === undefined) !== (key === undefined))
    return at.mistake('has a certificate without its key, or a key without its certificate');
  return {
    ca: anySecret(value.ca, value.ca_file),
    cert,
    key,
    serverName: value.server_name,
    insecureSkipVerify: value.insecure_skip_verify,
    minVersion: value.min_version === undefined ? undefined : TLS_VERSIONS[value.min_version],
  };
});

const NO_TLS: TlsSettings = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  serverName: undefined,
  insecureSkipVerify: false,
  minVersion: undefined,
};

const header = object({
  values: withDefault(list(text()), []),
  secrets: withDefault(list(text()), []),
  files: withDefault(list(path()), []),
});

/** To be spread into the keys of what speaks HTTP. */
export const httpKeys = {
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  bearer_token: optional(secret()),
  bearer_token_file: optional(path()),
  tls_config: withDefault(tlsConfig, NO_TLS),
  follow_redirects: withDefault(flag(), true),
  http_headers: withDefault(mapOf(header), {}),
  enable_http2: unused(),
  oauth2: unsupported('use basic_auth or authorization'),
  proxy_url: unsupported('let the agent reach its peers directly'),
  proxy_from_environment: unused(),
  proxy_connect_header: unused(),
  no_proxy: unused(),
};

/** Notes at `at` what contradicts itself. */
export function httpSettings(
  value: ObjectValue<typeof httpKeys>,
  at: Cursor,
  takesGzip: boolean,
): HttpSettings | undefined {
  const bearer = anySecret(value.bearer_token, value.bearer_token_file);
  const ways = [value.basic_auth, value.authorization, bearer].filter((way) => way !== undefined);
  if (ways.length > 1)
    return at.mistake('has more than one of basic_auth, authorization, bearer_token', 'keep one');
  const headers: Record<string, Secret> = {};
  for (const [name, entry] of Object.entries(value.http_headers)) headers[name] = headerOf(entry);
  return {
    basicAuth: value.basic_auth,
    authorization:
      value.authorization ??
      (bearer === undefined ? undefined : { type: 'Bearer', credentials: bearer }),
    tls: value.tls_config,
    followRedirects: value.follow_redirects,
    takesGzip,
    headers,
  };
}

function headerOf({ values, secrets, files }: Value<typeof header>): Secret {
  const [file] = files;
  return file === undefined
    ? { kind: 'inline', value: [...values, ...secrets].join(', ') }
    : { kind: 'file', path: file };
}

function anySecret(inline: Secret | undefined, file: string | undefined): Secret | undefined {
  return inline ?? (file === undefined ? undefined : { kind: 'file', path: file });
}

function oneSecret(inline: Secret | undefined, file: string | undefined): Secret {
  return anySecret(inline, file) ?? { kind: 'inline', value: '' };
}
