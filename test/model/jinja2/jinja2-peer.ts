import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { showHidden } from "../../../src/prepare/jinja/hidden-chars.js";
import type { JinjaValue } from "../../../src/prepare/jinja/values.js";
import { writeJson } from "../../../src/prepare/jinja/write-json.js";

const SCRIPT = fileURLToPath(new URL("../../../../test/model/jinja2/render-with-jinja2.py", import.meta.url));

/** Whether python3 has jinja2. */
export function hasJinja2(): boolean {
  return spawnSync("python3", ["-c", "import jinja2"]).status === 0;
}

/** One rendering: a text, or the error in its place. */
export type Rendered = { readonly text: string } | { readonly error: string };

/** Variables of a template, as both sides get them. */
export type TemplateInput = ReadonlyMap<string, JinjaValue>;

/** A Python process that renders with jinja2. Disposing ends it. */
export class Jinja2 implements AsyncDisposable {
  readonly #python = spawn("python3", [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  readonly #answers = createInterface(this.#python.stdout)[Symbol.asyncIterator]();
  #templates = 0;

  /** Renders one template, once for each input. */
  async render(source: string, inputs: readonly TemplateInput[]): Promise<Rendered[]> {
    const template = this.#templates++;
    const lines = inputs.map((input) => `{"template":${template},"variables":${toJson(input)}}\n`);
    this.#python.stdin.write(`${JSON.stringify({ source })}\n${lines.join("")}`);
    const rendered: Rendered[] = [];
    while (rendered.length < inputs.length) {
      const answer = await this.#answers.next();
      if (answer.done === true) throw new Error(`jinja2 ended after ${rendered.length} of ${inputs.length} renderings`);
      rendered.push(JSON.parse(answer.value) as Rendered);
    }
    return rendered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#python, "close");
    this.#python.stdin.end();
    await closed;
  }
}

/** The variables as JSON, with what is hidden shown. */
export function toJson(input: TemplateInput): string {
  const defined = new Map([...input].filter(([, value]) => value !== undefined));
  const style = { ensureAscii: false, indent: undefined, itemSeparator: ",", keySeparator: ":", sortKeys: false };
  return showHidden(writeJson(defined, style));
}
