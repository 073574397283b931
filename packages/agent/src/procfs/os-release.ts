/**
 * /etc/os-release: NAME=value lines with shell quoting.
 *
 * Source: os-release(5).
 */

export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) values.set(match[1], unquote(match[2] as string));
  }
  return values;
}

function unquote(text: string): string {
  const quote = text[0];
  if (text.length < 2 || text.at(-1) !== quote) return text;
  if (quote === "'") return text.slice(1, -1);
  return quote === '"' ? text.slice(1, -1).replace(/\\(["$`\\])/g, '$1') : text;
}
