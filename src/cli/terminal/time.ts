/**
 * Formats a time in the local time zone: the time of day, with the date unless it is today. Empty if there is no
 * valid time.
 */
export function timeInWords(time: Date | undefined, now = new Date()): string {
  if (time === undefined || Number.isNaN(time.getTime())) return '';
  const hour = time.toTimeString().slice(0, 8);
  return time.toDateString() === now.toDateString() ? hour : `${dayOf(time)} ${hour}`;
}

function dayOf(time: Date): string {
  const [month, day] = [time.getMonth() + 1, time.getDate()].map((n) => String(n).padStart(2, '0'));
  return `${time.getFullYear()}-${month}-${day}`;
}
