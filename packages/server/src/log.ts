/**
 * The server's log: one JSON object a line on standard error, so that data and log never mix, or in
 * a file.
 */
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STANDARD_ERROR = 2;

/**
 * Written synchronously: the last lines before a crash are the ones that matter.
 *
 * @param target a file descriptor, or a file to append to
 */
export function openLog(level: LogLevel, target: number | string = STANDARD_ERROR): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination({ dest: target, sync: true, mkdir: true }));
}
