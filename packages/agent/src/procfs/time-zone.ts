/**
 * The abbreviation of the local time zone (`CET`, `CEST`, `UTC`), as C's tm_zone has it.
 *
 * JavaScript knows the zone's offset but not this name; it stands in the last line of a compiled
 * zone file as a POSIX TZ text such as `CET-1CEST,M3.5.0,M10.5.0/3`. Source: RFC 9636 section 3.3.
 */

const NAME = '(<[^>]+>|[A-Za-z]{3,})';
const OFFSET = '([-+]?\\d{1,3}(?::\\d\\d){0,2})';
const POSIX_ZONE = new RegExp(`^${NAME}${OFFSET}(?:${NAME}${OFFSET}?(?:,.*)?)?$`);

/**
 * @param zoneFile      bytes of /etc/localtime
 * @param offsetSeconds the zone's present offset east of UTC, which tells summer from winter
 * @returns undefined where the file has no such line
 */
export function zoneAbbreviation(zoneFile: Uint8Array, offsetSeconds: number): string | undefined {
  const lines = Buffer.from(zoneFile).toString('latin1').split('\n');
  const match = POSIX_ZONE.exec(lines.at(-2) ?? '');
  if (match?.[1] === undefined) return undefined;
  const isStandard = match[3] === undefined || -posixSeconds(match[2] as string) === offsetSeconds;
  const name = isStandard ? match[1] : (match[3] as string);
  return name.replace(/[<>]/g, '');
}

/** Seconds west of UTC, as POSIX counts. */
function posixSeconds(text: string): number {
  const [hours, minutes = 0, seconds = 0] = text.replace(/^[-+]/, '').split(':').map(Number);
  const magnitude = (hours as number) * 3600 + minutes * 60 + seconds;
  return text.startsWith('-') ? -magnitude : magnitude;
}
