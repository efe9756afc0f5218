import { createGlobals } from "./globals.js";
import { type RenderBounds, withinBounds } from "./render-work.js";
import { type Execute, Scope } from "./scope.js";
import { parseTemplate } from "./statement-parser.js";
import { TemplateError } from "./template-error.js";
import { isDict, isList, type JinjaValue } from "./values.js";

/**
 * The bounds of a rendering without input. The steps take about a second, and the characters 64 MB. Each character and each value of the input adds to
 * them, since templates read their input several times.
 */
const BASE: RenderBounds = { steps: 20_000_000, characters: 32 * 1024 * 1024 };
const STEPS_PER_INPUT = 8;
const CHARACTERS_PER_INPUT = 64;

/** A chat template that is parsed once and rendered for each conversation, as jinja2 does when transformers has set it up. */
export class JinjaProgram {
  readonly #execute: Execute;

  /** @throws TemplateError when the source is no template */
  constructor(source: string) {
    try {
      this.#execute = parseTemplate(source);
    } catch (error) {
      throw asTemplateError(error, 1);
    }
  }

  /**
   * Renders the template.
   * @param bounds the most work that the rendering may do. Default: enough for every conversation that a request can have
   * @throws TemplateError when it raises an error, takes more work, or cannot do with these variables
   */
  render(variables: ReadonlyMap<string, JinjaValue>, bounds = boundsFor(variables)): string {
    const state = { line: 1 };
    const output = { text: "" };
    const globals = new Scope(state, { output });
    for (const [name, value] of createGlobals(state)) globals.set(name, value);
    for (const [name, value] of variables) globals.set(name, value);
    try {
      withinBounds(bounds, () => this.#execute(globals.inner()));
    } catch (error) {
      throw asTemplateError(error, state.line);
    }
    return output.text;
  }
}

function asTemplateError(error: unknown, line: number): TemplateError {
  if (error instanceof TemplateError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isTooDeep = error instanceof RangeError && message.includes("call stack");
  return new TemplateError(isTooDeep ? "the template nests values, calls or tags too deep" : message, { line });
}

function boundsFor(variables: ReadonlyMap<string, JinjaValue>): RenderBounds {
  const size = sizeOf(variables);
  return {
    steps: BASE.steps + STEPS_PER_INPUT * size,
    characters: BASE.characters + CHARACTERS_PER_INPUT * size,
  };
}

/** The characters of all texts in a value, and one for each value. */
function sizeOf(value: JinjaValue): number {
  if (typeof value === "string") return value.length + 1;
  let size = 1;
  if (isDict(value)) for (const [key, member] of value) size += sizeOf(key) + sizeOf(member);
  else if (isList(value)) for (const item of value) size += sizeOf(item);
  return size;
}
