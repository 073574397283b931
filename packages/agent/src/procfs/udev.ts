/**
 * udev's database file of a device, /run/udev/data/b8:0: lines `E:NAME=value` are its properties.
 */

export function parseUdevProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (line.startsWith('E:') && equals > 2)
      properties.set(line.slice(2, equals), line.slice(equals + 1));
  }
  return properties;
}
