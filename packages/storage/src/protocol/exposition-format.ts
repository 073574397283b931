/**
 * Which exposition format a body is in, by its content type, and what a scrape asks for.
 *
 * Sources: the Prometheus text format 0.0.4, OpenMetrics 1.0, RFC 9110 for media types.
 */

export type ExpositionFormat = 'text' | 'openmetrics';

/** What a scrape accepts, most wanted first. */
export const EXPOSITION_ACCEPT =
  'application/openmetrics-text;version=1.0.0;q=0.5,' +
  'application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

/**
 * The format a content type names. Everything that is not OpenMetrics is read as text: exporters
 * answer with `text/plain`, with other media types and with none at all.
 */
export function expositionFormat(contentType: string | undefined): ExpositionFormat {
  const mediaType = (contentType ?? '').split(';', 1)[0] as string;
  return mediaType.trim().toLowerCase() === 'application/openmetrics-text' ? 'openmetrics' : 'text';
}
