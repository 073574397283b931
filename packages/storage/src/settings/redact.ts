/**
 * A configuration's text with its secrets blotted out, as /api/v1/status/config shows it.
 *
 * Goes by the keys that Prometheus, Alertmanager and mon keep secrets under, whoever reads them;
 * paths to secrets (`password_file`) stay.
 */
import { isMap, isPair, isScalar, isSeq, parseDocument, Scalar, visit } from 'yaml';

const SECRET_KEYS =
  /^(password|bearer_token|credentials|secret|client_secret|token|auth_token|user_key|api_key|api_secret|access_key|secret_key|routing_key|service_key|auth_password|auth_secret|bot_token|webhook_url|slack_api_url|api_url|opsgenie_api_key)$/;

/** Lists of maps whose `url` is secret: whoever knows it may post to it. */
const SECRET_URLS = /^webhook_configs$/;

/** Maps all of whose values are secret: request headers. */
const SECRET_MAPS = /^(headers|http_headers)$/;

export const BLOT = '<secret>';

export function redactSettings(text: string): string {
  const document = parseDocument(text, { merge: true, logLevel: 'silent' });
  visit(document, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (SECRET_KEYS.test(key) && !isEmpty(pair.value)) pair.value = new Scalar(BLOT);
      if (SECRET_MAPS.test(key) && isMap(pair.value)) {
        for (const entry of pair.value.items) if (isPair(entry)) entry.value = new Scalar(BLOT);
      }
      if (SECRET_URLS.test(key) && isSeq(pair.value)) {
        for (const item of pair.value.items)
          if (isMap(item) && item.has('url')) item.set('url', BLOT);
      }
      // A URL may carry user and password.
      if (isScalar(pair.value) && typeof pair.value.value === 'string') {
        pair.value.value = pair.value.value.replace(/(:\/\/[^/\s:@]*:)[^@/\s]+@/g, `$1${BLOT}@`);
      }
    },
  });
  return document.toString();
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}
