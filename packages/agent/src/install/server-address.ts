/**
 * The server that an installed agent sends to, checked before anything is planned with it.
 */
import { MonError } from '@mon/storage/model/error';

export const WRITE_PATH = '/api/v1/write';
export const QUERY_PATH = '/api/v1/query';

/**
 * The server's URL without slashes at its end.
 *
 * @throws MonError `bad-server-url`
 */
export function serverAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw badServer(text, 'it is not an http:// or https:// URL');
  }
  if (url.username !== '' || url.password !== '') {
    // Not quoted: an error lands in logs.
    throw badServer(`${url.protocol}//…@${url.host}`, 'it holds a user name or a password');
  }
  if (url.search !== '' || url.hash !== '') throw badServer(text, 'it has a query or a fragment');
  const address = text.replace(/\/+$/, '');
  if (address.endsWith(WRITE_PATH)) {
    throw badServer(text, `${WRITE_PATH} is added by itself`);
  }
  return address;
}

function badServer(shown: string, why: string): MonError {
  return new MonError({
    code: 'bad-server-url',
    what: `Cannot send samples to ${JSON.stringify(shown)}`,
    why,
    mend: 'Write the server like http://mon.example.org:9500; a token goes into --token-file.',
  });
}
