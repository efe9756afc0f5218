import { formatDate } from "./format-date.js";
import { textOf } from "./show-value.js";
import { TemplateError } from "./template-error.js";
import { type CallArguments, isDict, itemsOf, type JinjaFunction, Namespace } from "./values.js";
import type { RenderState } from "./scope.js";
import { takeSteps } from "./render-work.js";

/** The most items of a range, as jinja2's sandbox has it. */
const MAX_RANGE = 100_000;

const range: JinjaFunction = (args) => {
  const hasStart = args.positional.length > 1;
  const start = hasStart ? args.integer(0, "start", 0) : 0;
  const stop = args.integer(hasStart ? 1 : 0, "stop", 0);
  const step = args.integer(2, "step", 1);
  if (step === 0) throw new TypeError("the step of range() must not be zero");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_RANGE) throw new TypeError(`range() has ${length} items, the most are ${MAX_RANGE}`);
  takeSteps(length);
  return Array.from({ length }, (_, index) => start + index * step);
};

const namespace: JinjaFunction = (args) => {
  const made = new Namespace();
  const source = args.positional[0];
  if (isDict(source)) for (const [key, value] of source) made.attributes.set(textOf(key), value);
  else for (const entry of itemsOf(source)) made.attributes.set(...pairOf(itemsOf(entry)));
  for (const [key, value] of args.named) made.attributes.set(key, value);
  return made;
};

function pairOf([key, value]: ReturnType<typeof itemsOf>): [string, typeof value] {
  return [textOf(key), value];
}

/** The functions that transformers gives to chat templates. The state tells the line of an error that a template raises. */
export function createGlobals(state: RenderState): ReadonlyMap<string, JinjaFunction> {
  const raise = (args: CallArguments): never => {
    throw new TemplateError(textOf(args.take(0, "message")), { line: state.line, isRaised: true });
  };
  return new Map<string, JinjaFunction>([
    ["range", range],
    ["namespace", namespace],
    ["dict", (args) => new Map([...(isDict(args.positional[0]) ? args.positional[0] : []), ...args.named])],
    ["raise_exception", raise],
    ["strftime_now", (args) => formatDate(new Date(), args.text(0, "format"))],
  ]);
}
