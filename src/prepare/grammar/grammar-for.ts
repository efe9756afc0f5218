import type { OutputGrammar, RequestedConstraint } from "../../core/constraint.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { ToolUse } from "../../core/tool.js";
import { InputRefusal } from "../../core/violations.js";
import { compileCallGrammar, type CallGrammarBounds } from "./compile-call-grammar.js";
import { compileConstraint } from "./compile-constraint.js";
import type { CompiledGrammars } from "./compiled-grammars.js";
import { GrammarProblem } from "./grammar-problem.js";

const TOOLS_FIELD = "chat.tools";

/** What a generation's output is to be held to. */
export interface GrammarRequest {
  readonly constraint: RequestedConstraint | undefined;
  /** undefined: there are none. */
  readonly tools: ToolUse | undefined;
  /** How the model's template marks calls; undefined where nothing is rendered. */
  readonly format: OutputFormat | undefined;
  readonly bounds: CallGrammarBounds;
}

/**
 * The grammar for what the caller asks: a constraint, or tools of which one must be called. undefined: any text will do. Compiled natively once, or known
 * to compile. Takes some tens of milliseconds at worst, all in one go; on the prepare worker.
 * @throws InputRefusal with the field, the place in it and the bound
 */
export function grammarFor(grammars: CompiledGrammars, request: GrammarRequest): OutputGrammar | undefined {
  const { constraint, tools, bounds } = request;
  if (constraint !== undefined) {
    return orRefuse(constraint.type, () =>
      grammars.get(JSON.stringify([constraint, bounds]), () => compileConstraint(constraint, bounds)),
    );
  }
  const isForced = tools !== undefined && (tools.choice.type === "required" || tools.choice.type === "named");
  if (!isForced) return undefined;
  const syntax = request.format?.calls[0];
  if (syntax === undefined)
    throw new InputRefusal(TOOLS_FIELD, "calls can't be forced: nothing says how this model writes them");
  return orRefuse(TOOLS_FIELD, () =>
    grammars.get(JSON.stringify([tools, syntax, bounds]), () => compileCallGrammar(tools, syntax, bounds)),
  );
}

function orRefuse(field: string, compile: () => OutputGrammar): OutputGrammar {
  try {
    return compile();
  } catch (error) {
    if (error instanceof GrammarProblem) throw new InputRefusal(`${field}${error.subfield}`, error.message);
    throw error;
  }
}
