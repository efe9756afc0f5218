import type { CallBody, OutputFormat } from "../../core/output-format.js";

/** All that a format writes besides text. */
export class OutputMarkup {
  readonly #marks: readonly string[];

  constructor({ reasoning, calls, frames = [] }: OutputFormat) {
    const marks = calls.flatMap(({ sectionBegin, sectionEnd, body }) => [sectionBegin, sectionEnd, ...spelledIn(body)]);
    if (reasoning !== undefined) marks.push(reasoning.begin, reasoning.end);
    this.#marks = [...marks, ...frames];
  }

  /** Whether a control token that is spelled so is part of it. */
  includes(spelling: string): boolean {
    return this.#marks.some((mark) => mark.includes(spelling));
  }
}

function spelledIn(body: CallBody): readonly string[] {
  if (body.type === "array") return [];
  const { begin, end, separator } = body;
  if (body.type === "object") return [begin, end, separator];
  const { otherBegins = [], idMark = "", middle, otherMiddles = [] } = body;
  return [begin, ...otherBegins, idMark, middle, ...otherMiddles, end, separator];
}
