import type { CallSyntax } from "../../../src/core/call-syntax.js";
import { CALL_FAMILIES } from "../../../src/prepare/template/call-syntaxes.js";

/** The syntaxes of all families, by name. */
export const KNOWN_SYNTAXES: ReadonlyMap<string, CallSyntax> = new Map(
  CALL_FAMILIES.flatMap(({ syntaxes }) => Object.entries<CallSyntax>(syntaxes)),
);

/** @throws Error if no family has a syntax of this name */
export function syntaxOf(name: string): CallSyntax {
  const syntax = KNOWN_SYNTAXES.get(name);
  if (syntax === undefined) throw new Error(`no syntax has the name ${name}`);
  return syntax;
}
