/** Writes a number with its noun, such as "1 token" or "8 tokens". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
