// Numbers and messages as people read them.

const WHOLE = new Intl.NumberFormat("en");

/** 1,204 */
export const whole = (n) => WHOLE.format(n);

/** "1 row", "1,204 rows" */
export const counted = (n, noun) => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;

/** A share in percent: 98.3 %; what is not quite none or all never looks so. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/** Seconds in words: "4 s", "3 min", "2 h" */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** A message as a sentence: with a capital, and a full stop where it has no end of its own. */
export function sentence(message) {
  const ended = /[.?!”"]$/.test(message) ? message : `${message}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
