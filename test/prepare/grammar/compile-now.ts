import * as answerOrCalls from "../../../src/prepare/grammar/answer-or-calls.js";
import * as calls from "../../../src/prepare/grammar/compile-call-grammar.js";
import * as constraints from "../../../src/prepare/grammar/compile-constraint.js";
import type { CompiledGrammar } from "../../../src/prepare/grammar/finish-grammar.js";
import * as finish from "../../../src/prepare/grammar/finish-grammar.js";
import * as grammars from "../../../src/prepare/grammar/grammar-for.js";
import * as held from "../../../src/prepare/grammar/held-calls.js";
import { runJob } from "../run-job.js";

/** The same functions without pauses between slices of work. */

export function compileAnswerOrCalls(...args: Parameters<typeof answerOrCalls.compileAnswerOrCalls>): CompiledGrammar {
  return runJob(answerOrCalls.compileAnswerOrCalls(...args)).value;
}

export function compileCallGrammar(...args: Parameters<typeof calls.compileCallGrammar>): CompiledGrammar {
  return runJob(calls.compileCallGrammar(...args)).value;
}

export function compileConstraint(...args: Parameters<typeof constraints.compileConstraint>): CompiledGrammar {
  return runJob(constraints.compileConstraint(...args)).value;
}

export function compileHeldCalls(...args: Parameters<typeof held.compileHeldCalls>): CompiledGrammar {
  return runJob(held.compileHeldCalls(...args)).value;
}

export function finishGrammar(...args: Parameters<typeof finish.finishGrammar>): CompiledGrammar {
  return runJob(finish.finishGrammar(...args)).value;
}

export function grammarFor(...args: Parameters<typeof grammars.grammarFor>): grammars.HeldOutput {
  return runJob(grammars.grammarFor(...args)).value;
}
