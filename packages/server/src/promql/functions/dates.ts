/**
 * Parts of dates: each value is a time in seconds since the epoch, read as UTC.
 *
 * Computed by arithmetic on days, not with Date, whose range ends in the year 275760. NaN, and what
 * no 64-bit integer holds, has no date: NaN. (Prometheus gives what the processor makes of it.)
 */
import { mapValues } from './elementwise.ts';
import { matrixArg, type VectorCall, type VectorFunction } from './vector-function.ts';

const DAY_S = 86_400;
const SECONDS_MAX = 2 ** 63;
/** 1970-01-01 in days of the calendar below, which begins on 0000-03-01. */
const EPOCH_DAY = 719_468;
/** 400 years of the Gregorian calendar, after which it repeats. */
const ERA_DAYS = 146_097;

interface CivilDate {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;
}

export const DATE_PARTS: ReadonlyMap<string, VectorFunction> = new Map(
  Object.entries({
    day_of_month: (seconds: number) => civilDate(seconds).day,
    day_of_week: (seconds: number) => modulo(dayOf(seconds) + 4, 7),
    day_of_year: (seconds: number) => dayOf(seconds) - firstDay(civilDate(seconds).year, 1) + 1,
    days_in_month: (seconds: number) => {
      const { year, month } = civilDate(seconds);
      return firstDay(year, month + 1) - firstDay(year, month);
    },
    hour: (seconds: number) => Math.floor(modulo(seconds, DAY_S) / 3600),
    minute: (seconds: number) => Math.floor(modulo(seconds, 3600) / 60),
    month: (seconds: number) => civilDate(seconds).month,
    year: (seconds: number) => civilDate(seconds).year,
  }).map(([name, part]) => [
    name,
    (call: VectorCall) =>
      mapValues(matrixArg(call, 0), (value) =>
        Math.abs(value) < SECONDS_MAX ? part(Math.trunc(value)) : Number.NaN,
      ),
  ]),
);

function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_S);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Year, month and day; years begin in March here, so that the leap day is their last. */
function civilDate(seconds: number): CivilDate {
  const day = dayOf(seconds) + EPOCH_DAY;
  const era = Math.floor(day / ERA_DAYS);
  const dayOfEra = day - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (ERA_DAYS - 1))) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** Days since the epoch of the first of a month; month 13 is January of the next year. */
function firstDay(year: number, month: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5);
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * ERA_DAYS + 365 * yearOfEra + leapDays + dayOfYear - EPOCH_DAY;
}
