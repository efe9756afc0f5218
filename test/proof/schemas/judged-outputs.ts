import { announce, type Finding } from "../report.js";
import type { CorpusSchema, List } from "./corpus.js";
import { flawOf } from "./json-validator.js";
import { checkOutputs, isComparable, type Library } from "./libraries.js";

/** How a text of JSON came about. */
export type Way = "json_schema" | "named call" | "AUTO" | "random sentence";

export interface Output {
  readonly one: CorpusSchema;
  readonly way: Way;
  readonly text: string;
  /** Whether a limit ended it. */
  readonly isCut: boolean;
  /** Whether the grammar holds the whole schema. */
  readonly isHeld: boolean;
}

/** Outputs with the judgement of ajv and of the libraries that wrote their schemas. */
export class JudgedOutputs {
  readonly #outputs: Output[] = [];
  /** The outputs that were not accepted, each with the error. */
  readonly invalid: object[] = [];

  add(output: Output): void {
    this.#outputs.push(output);
  }

  /** How many of the whole outputs of one way ajv accepts. */
  validFinding(way: Way, leastPercent: number): Finding {
    const whole = this.#outputs.filter((output) => output.way === way && !output.isCut);
    for (const output of whole) {
      const error = flawOf(output.one.schema, output.text);
      if (error !== undefined) this.#note(output, error);
    }
    const counts = { of: whole.length, part: whole.filter(isValid).length };
    return shareFinding(`${WHAT[way]} that ajv accepts`, counts, leastPercent);
  }

  /** Counts the outputs of a list in some ways: those that a limit cut off, the whole ones, and the valid ones of these. */
  countOf(list: List, ways: readonly Way[]): { readonly cut: number; readonly whole: number; readonly valid: number } {
    const written = this.#outputs.filter(({ one, way }) => one.list === list && ways.includes(way));
    const whole = written.filter(({ isCut }) => !isCut);
    return { cut: written.length - whole.length, whole: whole.length, valid: whole.filter(isValid).length };
  }

  /** Only outputs of schemas that are held whole count, because a library knows formats that are no part of JSON Schema. */
  libraryFinding(library: Library): Finding {
    const asked = this.#outputs.filter(({ one, text, isCut, isHeld }) => {
      const isOfLibrary = one.list === library.list && !isCut && isHeld;
      return isOfLibrary && isComparable(library, { name: one.name, output: text });
    });
    const errors = checkOutputs(
      library,
      asked.map(({ one, text }) => ({ name: one.name, output: text })),
    );
    const flaws = asked.filter((output, index) => {
      const error = errors[index];
      if (error !== null) this.#note(output, `${library.version}: ${error ?? "no answer"}`);
      return error !== null;
    });
    const counts = { of: asked.length, part: asked.length - flaws.length };
    return shareFinding(`outputs that ${library.version} accepts`, counts, 100);
  }

  /** How many of the model's constrained outputs a limit cut off. */
  cutFinding(mostTokens: number): Finding {
    const written = this.#outputs.filter(({ way }) => way === "json_schema" || way === "named call");
    const cut = written.filter(({ isCut }) => isCut).length;
    return {
      what: `outputs that ${mostTokens} tokens cut off`,
      figure: `${cut} of ${written.length} (${percent(cut, written.length)} %)`,
      bound: "at most 5 %",
      holds: cut <= 0.05 * written.length,
    };
  }

  #note({ one, way, text }: Output, error: string): void {
    const flaw = { list: one.list, name: one.name, way, output: text, error };
    announce(JSON.stringify(flaw));
    this.invalid.push(flaw);
  }
}

function isValid({ one, text }: Output): boolean {
  return flawOf(one.schema, text) === undefined;
}

const WHAT: Readonly<Record<Way, string>> = {
  json_schema: "answers as json_schema",
  "named call": "arguments of named calls",
  AUTO: "arguments of calls in AUTO",
  "random sentence": "random sentences of the grammars",
};

/** How many of all have a property, which all need to have with a bound of 100. */
export function shareFinding(
  what: string,
  { of, part }: { readonly of: number; readonly part: number },
  leastPercent: number,
): Finding {
  const bound = leastPercent === 100 ? "all" : `at least ${leastPercent} %`;
  const figure = `${part} of ${of} (${percent(part, of)} %)`;
  return { what, figure, bound, holds: of > 0 && part * 100 >= leastPercent * of };
}

function percent(part: number, of: number): string {
  return of === 0 ? "0.0" : ((100 * part) / of).toFixed(1);
}
