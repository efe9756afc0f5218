import type { RequestedConstraint } from "../../core/generation-request.js";
import type { OutputFormat, OutputGrammar, UnheldKeyword } from "../../core/output-format.js";
import type { ToolUse } from "../../core/conversation.js";
import { InputRefusal } from "../../core/generation-error.js";
import { compileAnswerOrCalls } from "./answer-or-calls.js";
import { compileCallGrammar } from "./compile-call-grammar.js";
import { compileConstraint, type WrittenText } from "./compile-constraint.js";
import { compileHeldCalls } from "./held-calls.js";
import type { KnownGrammars } from "./compiled-grammars.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import { GrammarProblem } from "./rules/grammar-node.js";
import { TOOLS_FIELD } from "./tools-grammar.js";
import type { CompiledGrammar } from "./finish-grammar.js";

/** The parts of a request that may need a grammar. */
export interface GrammarRequest {
  readonly constraint: RequestedConstraint | undefined;
  /** The beginning of the answer that the constraint holds for, which the model continues. The default is none. */
  readonly written?: WrittenText | undefined;
  readonly tools: ToolUse | undefined;
  /** The way the model's template marks calls. undefined means that no template is rendered. */
  readonly format: OutputFormat | undefined;
  /** The markup that opens an answer where the model may also call a tool. The default is none. */
  readonly answerOpening?: string | undefined;
  readonly bounds: GrammarBounds;
  /** Whether a schema is refused if the grammar does not hold each of its keywords. The default is false. */
  readonly strict?: boolean | undefined;
}

/** The grammar of an output, if there is one, and the keywords of the caller's schemas that it does not hold. */
export interface HeldOutput {
  readonly grammar?: OutputGrammar;
  readonly notHeld: readonly UnheldKeyword[];
}

/**
 * The grammar of the answer, if there is a constraint, or of the calls, if there are tools. An answer under a constraint may also be calls, unless it
 * continues one that has begun; an answer that must be calls is nothing else, whatever the constraint. Without a grammar the output is free. The grammar
 * is known to compile natively. The prepare worker calls this; it yields between slices of work.
 * @throws InputRefusal with the field, the position in it and the bound
 */
export function* grammarFor(grammars: KnownGrammars, request: GrammarRequest): Generator<undefined, HeldOutput> {
  const { constraint, tools, bounds, strict = false, written, answerOpening = "" } = request;
  const opened = request.format?.opened ?? "";
  const limits = { ...bounds, strict };
  const calls = request.format?.calls ?? [];
  const [syntax] = calls;
  if (tools !== undefined && (tools.choice.type === "required" || tools.choice.type === "named")) {
    if (syntax === undefined) {
      throw new InputRefusal(TOOLS_FIELD, "cannot be forced, because it is unknown how this model writes calls");
    }
    const key = JSON.stringify(["forced", tools, syntax, opened, limits]);
    return yield* orRefuse(
      TOOLS_FIELD,
      grammars.get(key, () => compileCallGrammar(tools, syntax, { ...limits, opened })),
    );
  }
  const isBegun = written !== undefined && written.text !== "";
  if (constraint !== undefined && (tools === undefined || syntax === undefined || isBegun)) {
    const key = JSON.stringify([constraint, limits, written?.text ?? ""]);
    return yield* orRefuse(
      constraint.type,
      grammars.get(key, () => compileConstraint(constraint, limits, written)),
    );
  }
  if (tools === undefined || syntax === undefined) return { notHeld: [] };
  if (constraint !== undefined) {
    const key = JSON.stringify([constraint, tools, syntax, limits, answerOpening, opened]);
    return yield* orRefuse(
      constraint.type,
      grammars.get(key, () => compileAnswerOrCalls({ constraint, use: tools, syntax, answerOpening, opened }, limits)),
    );
  }
  const key = JSON.stringify(["held", tools, calls, limits]);
  return yield* orFree(
    limits,
    grammars.get(key, () => compileHeldCalls(tools, calls, limits)),
  );
}

function* orRefuse(field: string, compile: Generator<undefined, CompiledGrammar>): Generator<undefined, HeldOutput> {
  try {
    return heldOutput(yield* compile);
  } catch (error) {
    if (!(error instanceof GrammarProblem)) throw error;
    const isOfTools = error.subfield.startsWith(TOOLS_FIELD);
    throw new InputRefusal(isOfTools ? error.subfield : `${field}${error.subfield}`, error.message);
  }
}

/** The model may call tools as it likes where no grammar can hold them, unless the caller wants every keyword held. */
function* orFree(
  { strict }: { strict: boolean },
  compile: Generator<undefined, CompiledGrammar>,
): Generator<undefined, HeldOutput> {
  if (strict) return yield* orRefuse(TOOLS_FIELD, compile);
  try {
    return heldOutput(yield* compile);
  } catch (error) {
    if (!(error instanceof GrammarProblem)) throw error;
    return { notHeld: [{ field: TOOLS_FIELD + error.subfield, pointer: "", description: error.message }] };
  }
}

function heldOutput({ notHeld, ...grammar }: CompiledGrammar): HeldOutput {
  return { grammar, notHeld };
}
