import { createGlobals } from "./globals.js";
import { type Execute, Scope } from "./scope.js";
import { parseTemplate } from "./statement-parser.js";
import { TemplateError } from "./template-error.js";
import type { JinjaValue } from "./values.js";

/** A chat template that is parsed once and rendered for each conversation, as jinja2 does when transformers has set it up. */
export class JinjaProgram {
  readonly #execute: Execute;

  /** @throws TemplateError when the source is no template */
  constructor(source: string) {
    this.#execute = parseTemplate(source);
  }

  /** Renders the template. @throws TemplateError when it raises an error or cannot do with these variables */
  render(variables: ReadonlyMap<string, JinjaValue>): string {
    const state = { line: 1 };
    const output = { text: "" };
    const globals = new Scope(state, { output });
    for (const [name, value] of createGlobals(state)) globals.set(name, value);
    for (const [name, value] of variables) globals.set(name, value);
    try {
      this.#execute(globals.inner());
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw new TemplateError(error instanceof Error ? error.message : String(error), state);
    }
    return output.text;
  }
}
