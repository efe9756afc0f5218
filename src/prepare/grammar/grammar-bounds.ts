/** What grammars are held to before native code sees them. Compile time grows with `symbols`, and the time of a step with `waysOn`. */
export interface GrammarBounds {
  /** UTF-8 bytes of a schema, or of a grammar that the caller writes. */
  readonly bytes: number;
  /** Of what it becomes, which the engine reads. */
  readonly writtenBytes: number;
  /** Groups in groups, or schemas in schemas. */
  readonly nesting: number;
  /** Named ones, and groups. */
  readonly rules: number;
  /** Characters, character ranges and references to rules, with all repetitions written out. */
  readonly symbols: number;
  /** The most times that one repetition may be asked for; llama.cpp takes more than 2,000 for any number. */
  readonly repetitions: number;
  /** The most ways in which an output may go on at any one place. */
  readonly waysOn: number;
  readonly choices: number;
  readonly choiceBytes: number;
}

export const DEFAULT_GRAMMAR_BOUNDS: GrammarBounds = Object.freeze({
  bytes: 64 * 1024,
  writtenBytes: 512 * 1024,
  nesting: 32,
  rules: 4_096,
  symbols: 65_536,
  repetitions: 2_000,
  waysOn: 64,
  choices: 256,
  choiceBytes: 1_024,
});
