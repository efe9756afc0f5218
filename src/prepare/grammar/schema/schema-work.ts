import { Language } from "../regex/language.js";
import { PatternWork } from "../regex/pattern-work.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import { problemAt } from "./schema-keywords.js";

/** The most schemas that are visited in all schemas of a request together. Those of 256 tools of public MCP servers take up to 35,000. */
const MAX_VISITS = 120_000;

/** Counts the work that all schemas of a request take together, and keeps what becomes of their patterns. */
export class SchemaWork {
  /** Counts the steps of all patterns and formats. */
  readonly patterns = new PatternWork();
  readonly #languages = new Map<string, Language | GrammarProblem>();
  #visits = 0;

  /**
   * Counts visits of the schema at `at`.
   * @throws GrammarProblem when all schemas together are too many
   */
  visit(at: string, visits: number): void {
    this.#visits += visits;
    if (this.#visits > MAX_VISITS) {
      throw problemAt(at, `more than ${MAX_VISITS} schemas, counted over all tools of the request`);
    }
  }

  /**
   * The texts that a pattern matches. Each pattern is compiled or refused once.
   * @throws GrammarProblem when the pattern is not supported
   */
  languageOf(pattern: unknown): Language {
    if (typeof pattern !== "string") throw new GrammarProblem("is not a string");
    let language = this.#languages.get(pattern);
    if (language === undefined) {
      language = this.#compile(pattern);
      this.#languages.set(pattern, language);
    }
    if (language instanceof GrammarProblem) throw language;
    return language;
  }

  #compile(pattern: string): Language | GrammarProblem {
    try {
      return Language.ofPattern(pattern, { work: this.patterns });
    } catch (error) {
      if (error instanceof GrammarProblem) return error;
      throw error;
    }
  }
}
