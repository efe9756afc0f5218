import type { JinjaValue } from "./values.js";
import { takeSteps } from "./render-work.js";

/** The state of one rendering. */
export interface RenderState {
  /** The line of the tag that is being rendered. */
  line: number;
}

/** A text that grows while a template renders. */
export interface GrowingText {
  text: string;
}

/** The variables of one block and of all blocks around it, and the text that the block writes to. */
export class Scope {
  readonly state: RenderState;
  readonly output: GrowingText;
  readonly #parent: Scope | undefined;
  readonly #variables = new Map<string, JinjaValue>();

  constructor(state: RenderState, { output, parent }: { output: GrowingText; parent?: Scope }) {
    this.state = state;
    this.output = output;
    this.#parent = parent;
  }

  /** A scope inside this one. By default it writes to the same text. */
  inner(output: GrowingText = this.output): Scope {
    return new Scope(this.state, { output, parent: this });
  }

  get(name: string): JinjaValue {
    takeSteps(1);
    const value = this.#variables.get(name);
    if (value !== undefined || this.#variables.has(name)) return value;
    return this.#parent?.get(name);
  }

  set(name: string, value: JinjaValue): void {
    this.#variables.set(name, value);
  }
}

/** An expression of a template, which yields a value. */
export type Evaluate = (scope: Scope) => JinjaValue;

/** The way on after a statement: undefined to the next one, otherwise out of the loop or to its next round. */
type Flow = undefined | "break" | "continue";

/** A statement of a template, which writes to the scope's output. */
export type Execute = (scope: Scope) => Flow;

/** Runs statements one after another. */
export function inOrder(statements: readonly Execute[]): Execute {
  return (scope) => {
    for (const statement of statements) {
      takeSteps(1);
      const flow = statement(scope);
      if (flow !== undefined) return flow;
    }
    return undefined;
  };
}
