import { showHidden } from "../../../src/prepare/jinja/hidden-chars.js";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import { type Rendered, type TemplateInput, toJson } from "./jinja2-peer.js";

/** One rendering of a template and the variables that it got. */
export interface Recorded {
  readonly input: TemplateInput;
  readonly ours: Rendered;
}

/** Renders with our own interpreter. */
export function renderOurs(program: JinjaProgram, input: TemplateInput): Rendered {
  try {
    return { text: showHidden(program.render(input)) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** All renderings that a piece of work makes, each once: probes as well as prompts. */
export function recordRenderings(work: () => void): Recorded[] {
  const inputs = new Map<string, TemplateInput>();
  const render = Reflect.get<JinjaProgram, "render">(JinjaProgram.prototype, "render");
  const programs = new Set<JinjaProgram>();
  JinjaProgram.prototype.render = function (this: JinjaProgram, input) {
    programs.add(this);
    inputs.set(toJson(input), input);
    return render.call(this, input);
  };
  try {
    work();
  } finally {
    JinjaProgram.prototype.render = render;
  }
  const [program] = programs;
  if (program === undefined || programs.size > 1) throw new Error(`the work ran ${programs.size} templates`);
  return [...inputs.values()].map((input) => ({ input, ours: renderOurs(program, input) }));
}
