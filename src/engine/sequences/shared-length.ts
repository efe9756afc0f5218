/** How many tokens two inputs have in common at their beginning. */
export function sharedLength(held: ArrayLike<number>, tokens: ArrayLike<number>): number {
  const end = Math.min(held.length, tokens.length);
  let length = 0;
  while (length < end && held[length] === tokens[length]) length++;
  return length;
}
