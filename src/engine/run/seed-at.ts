/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The seed with which a run goes on that comes back after `outputTokens`: a sampler that began anew with the old one would draw the same numbers a
 * second time.
 */
export function seedAt(seed: number, outputTokens: number): number {
  return mixed(mixed(seed) ^ outputTokens);
}
