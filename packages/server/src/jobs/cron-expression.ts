/**
 * Cron expressions of the configuration, checked when they are read.
 */

import { word } from '@mon/storage/settings/scalars';
import { converted, type Schema } from '@mon/storage/settings/schema';
import { validateDetailed } from 'node-cron';

/** `off` in the configuration: the job runs on request alone. */
export type Schedule = string | 'off';

/** A cron expression of five fields, or six with seconds first; or `off`. */
export function cronSchedule(): Schema<Schedule> {
  return converted(word(), (value, at) => {
    if (value === 'off') return value;
    const { valid, errors } = validateDetailed(value);
    if (valid) return value;
    const reason = errors[0]?.message ?? 'it is no cron expression';
    return at.mistake(
      `must be a cron expression or off, not ${at.found}: ${reason}`,
      'write minute, hour, day, month and weekday, such as "7 * * * *"',
    );
  });
}

/** Hourly, at a minute that differs from host to host, so that a fleet's jobs spread out. */
export function hourlyAt(host: string, offsetMinutes: number): Schedule {
  let hash = 0;
  for (const unit of Buffer.from(host)) hash = (Math.imul(hash, 31) + unit) >>> 0;
  return `${(hash + offsetMinutes) % 60} * * * *`;
}
