import type { EngineSequence } from "../../src/engine/engine.js";

/** The tokens that the scripted engine's cache holds. Throws where it would overflow. */
export class ScriptedSequence implements EngineSequence {
  readonly #contextTokens: number;
  readonly #tokens: number[] = [];

  constructor(contextTokens: number) {
    this.#contextTokens = contextTokens;
  }

  get length(): number {
    return this.#tokens.length;
  }

  tokens(): readonly number[] {
    return [...this.#tokens];
  }

  async trim(length: number): Promise<number> {
    this.#tokens.length = Math.min(length, this.#tokens.length);
    return this.#tokens.length;
  }

  /** @throws Error where a real one would shift */
  checkRoom(tokens: number): void {
    if (this.#tokens.length + tokens >= this.#contextTokens)
      throw new Error("the sequence is full: a real one would have shifted");
  }

  append(tokenIds: Iterable<number>): void {
    this.#tokens.push(...tokenIds);
    this.checkRoom(0);
  }
}
