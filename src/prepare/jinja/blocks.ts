import type { Evaluate, Execute, Scope } from "./scope.js";
import { areEqual, AttributeObject, type CallArguments, type JinjaFunction, type JinjaValue, Tuple } from "./values.js";
import { takeSteps } from "./render-work.js";

/** The variable `loop` inside a loop. */
class LoopState extends AttributeObject {
  readonly #items: readonly JinjaValue[];
  #index = -1;
  #last: JinjaValue;

  constructor(items: readonly JinjaValue[]) {
    super();
    this.#items = items;
  }

  advance(): void {
    this.#index++;
  }

  override attribute(name: string): JinjaValue {
    const [index, { length }] = [this.#index, this.#items];
    switch (name) {
      case "index":
        return index + 1;
      case "index0":
        return index;
      case "revindex":
        return length - index;
      case "revindex0":
        return length - index - 1;
      case "first":
        return index === 0;
      case "last":
        return index === length - 1;
      case "length":
        return length;
      case "previtem":
        return index === 0 ? undefined : this.#items[index - 1];
      case "nextitem":
        return this.#items[index + 1];
      case "depth":
        return 1;
      case "depth0":
        return 0;
      case "cycle":
        return ({ positional }) => positional[index % positional.length];
      case "changed":
        return ({ positional }) => this.#isChanged(new Tuple(positional));
      default:
        return undefined;
    }
  }

  #isChanged(value: Tuple): boolean {
    const isChanged = !areEqual(this.#last, value);
    this.#last = value;
    return isChanged;
  }
}

/** Runs the body of a loop for each item, in a scope of its own. */
export function runLoop(
  items: readonly JinjaValue[],
  { scope, assign, body }: { scope: Scope; assign: (scope: Scope, value: JinjaValue) => void; body: Execute },
): void {
  const loop = new LoopState(items);
  for (const item of items) {
    takeSteps(1);
    loop.advance();
    const inner = scope.inner();
    inner.set("loop", loop);
    assign(inner, item);
    if (body(inner) === "break") return;
  }
}

/** A parameter of a macro and its default, if it has one. */
export interface Parameter {
  readonly name: string;
  readonly otherwise: Evaluate | undefined;
}

interface Macro {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The names that the body reads. They tell whether it takes further arguments. */
  readonly names: ReadonlySet<string>;
  readonly body: Execute;
}

/** Creates the function of a macro. Its body sees the variables of the place where the macro stands. */
export function createMacro(macro: Macro, scope: Scope): JinjaFunction {
  return (args) => {
    takeSteps(1);
    const output = { text: "" };
    const inner = scope.inner(output);
    bindArguments(macro, args, inner);
    macro.body(inner);
    return output.text;
  };
}

function bindArguments({ name, parameters, names }: Macro, { positional, named }: CallArguments, scope: Scope): void {
  const others = new Map(named);
  for (const [index, parameter] of parameters.entries()) {
    const isGiven = index < positional.length || others.has(parameter.name);
    if (isGiven) scope.set(parameter.name, index < positional.length ? positional[index] : others.get(parameter.name));
    else scope.set(parameter.name, parameter.otherwise?.(scope));
    others.delete(parameter.name);
  }
  if (others.has("caller") && names.has("caller")) {
    scope.set("caller", others.get("caller"));
    others.delete("caller");
  }
  const further = positional.slice(parameters.length);
  if (names.has("varargs")) scope.set("varargs", new Tuple(further));
  else if (further.length > 0) throw new TypeError(`the macro ${name} takes at most ${parameters.length} arguments`);
  if (names.has("kwargs")) scope.set("kwargs", others);
  else if (others.size > 0) throw new TypeError(`the macro ${name} takes no argument ${[...others.keys()].join(", ")}`);
}
