/**
 * `http_config` of receivers and of `global`.
 */
import { flag, path, type Secret, secret, text, word } from '@mon/storage/settings/scalars';
import {
  converted,
  object,
  optional,
  type Schema,
  unused,
  withDefault,
} from '@mon/storage/settings/schema';
import type { HttpSettings } from '../receivers/http-post.ts';
import { unsupported } from './unsupported.ts';

/** A secret that may stand in the file or, as `NAME_file`, in a file of its own. */
export function secretOrFile(
  inline: Secret | undefined,
  file: string | undefined,
): Secret | undefined {
  return inline ?? (file === undefined ? undefined : { kind: 'file', path: file });
}

const basicAuth = object({
  username: withDefault(text(), ''),
  password: optional(secret()),
  password_file: optional(path()),
});

const authorization = object({
  type: withDefault(word(), 'Bearer'),
  credentials: optional(secret()),
  credentials_file: optional(path()),
});

const tls = object({
  insecure_skip_verify: withDefault(flag(), false),
  ca_file: optional(path()),
  ca: unsupported('an inline CA is'),
  cert_file: unsupported('client certificates are'),
  key_file: unsupported('client certificates are'),
  server_name: unsupported('server_name is'),
  min_version: unused(),
  max_version: unused(),
});

const keys = object({
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  bearer_token: optional(secret()),
  bearer_token_file: optional(path()),
  tls_config: optional(tls),
  oauth2: unsupported('oauth2 is'),
  proxy_url: unsupported('a proxy is'),
  proxy_from_environment: unsupported('a proxy is'),
  no_proxy: unused(),
  follow_redirects: unused(),
  enable_http2: unused(),
  http_headers: unsupported('http_headers are'),
});

export const httpSettings: Schema<HttpSettings> = converted(keys, (value, at) => {
  const { basic_auth, authorization: auth, tls_config } = value;
  const bearer = secretOrFile(value.bearer_token, value.bearer_token_file);
  const given = [basic_auth, auth, bearer].filter((one) => one !== undefined);
  if (given.length > 1) {
    return at.mistake('at most one of basic_auth, authorization and bearer_token may be set');
  }
  const password = secretOrFile(basic_auth?.password, basic_auth?.password_file);
  const credentials = secretOrFile(auth?.credentials, auth?.credentials_file) ?? bearer;
  if (auth && !credentials) return at.mistake('authorization has no credentials');
  return {
    insecureSkipVerify: tls_config?.insecure_skip_verify ?? false,
    caFile: tls_config?.ca_file,
    ...(basic_auth
      ? {
          basicAuth: {
            username: basic_auth.username,
            password: password ?? { kind: 'inline', value: '' },
          },
        }
      : {}),
    ...(credentials ? { authorization: { type: auth?.type ?? 'Bearer', credentials } } : {}),
  };
});
