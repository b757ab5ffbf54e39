// Whether this browser computes what tunelet computed: sentences came along, with their probabilities.

/**
 * The largest difference of a probability, [sentences][labels].
 * Throws where there is nothing to compare, or not as many as were computed.
 */
export function largestDifference(computed, expected) {
  const [own, theirs] = [computed.flat(), expected.flat()];
  if (!own.length || own.length !== theirs.length)
    throw new Error("browser.json lacks the probabilities that this browser is checked with: copy the exported folder anew");
  return Math.max(...own.map((value, at) => Math.abs(value - theirs[at])));
}
