import type { RequestedConstraint } from "../../core/generation-request.js";
import type { OutputFormat, OutputGrammar } from "../../core/output-format.js";
import type { ToolUse } from "../../core/conversation.js";
import { InputRefusal } from "../../core/generation-error.js";
import { compileCallGrammar } from "./compile-call-grammar.js";
import { compileConstraint } from "./compile-constraint.js";
import type { CompiledGrammars } from "./compiled-grammars.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { GrammarProblem } from "./rules/grammar-node.js";

const TOOLS_FIELD = "chat.tools";

/** The parts of a request that may need a grammar. */
export interface GrammarRequest {
  readonly constraint: RequestedConstraint | undefined;
  readonly tools: ToolUse | undefined;
  /** The way the model's template marks calls. undefined means that no template is rendered. */
  readonly format: OutputFormat | undefined;
  readonly bounds: GrammarBounds;
}

/**
 * The grammar of the constraint, or of the calls if the model must call a tool. undefined means that the output is free. The grammar is known to compile
 * natively. A new one takes some tens of milliseconds at worst, without a pause; the prepare worker calls this.
 * @throws InputRefusal with the field, the position in it and the bound
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
  if (syntax === undefined) {
    throw new InputRefusal(TOOLS_FIELD, "cannot be forced, because it is unknown how this model writes calls");
  }
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
