/** All tokens of one run, in order: its input, then its output. */
export class RunTokens {
  readonly #input: Uint32Array;
  readonly #output: number[] = [];

  constructor(input: Uint32Array) {
    this.#input = input;
  }

  get length(): number {
    return this.#input.length + this.#output.length;
  }

  get output(): readonly number[] {
    return this.#output;
  }

  push(tokenId: number): void {
    this.#output.push(tokenId);
  }

  /** @returns a view if the slice lies within the input, else a copy */
  slice(start: number, end: number): Uint32Array {
    const inputTokens = this.#input.length;
    if (end <= inputTokens) return this.#input.subarray(start, end);
    const slice = new Uint32Array(Math.max(0, end - start));
    if (start < inputTokens) slice.set(this.#input.subarray(start));
    const outputStart = Math.max(0, start - inputTokens);
    slice.set(this.#output.slice(outputStart, end - inputTokens), Math.max(0, inputTokens - start));
    return slice;
  }
}
