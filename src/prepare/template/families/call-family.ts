import type { CallKeys, CallSyntax } from "../../../core/call-syntax.js";

/** A family of models that write calls alike. */
export interface CallFamily {
  /** The models, for the table in the documentation. */
  readonly models: string;
  /** Texts that a template of the family contains, all of one group. The rendering of a call decides between the families that fit. */
  readonly markup: readonly (readonly string[])[];
  /** The ways to write calls, by name. The first is the one that the family's template shows. */
  readonly syntaxes: Readonly<Record<string, CallSyntax>>;
}

/** The markup around a family's answers. */
export interface AnswerFrames {
  /** The end of a prompt with which every answer and every call begins. It may be empty. */
  readonly promptEnd: string;
  /** The text that opens an answer after a prompt. */
  readonly answerOpening: string;
  readonly frames: readonly string[];
}

/** The keys of most JSON calls. */
export const PLAIN_KEYS: CallKeys = { name: "name", arguments: ["arguments"], id: undefined };
