import type { CompiledMember } from "./schema/compile-members.js";

/** The words that Python writes in place of a member's JSON: True, False and None. */
export function pythonWords({ fixed, types }: CompiledMember): readonly string[] {
  if (fixed !== undefined) return fixed.map(wordOf).filter((word) => word !== undefined);
  return [
    ...(types?.includes("boolean") === true ? ["True", "False"] : []),
    ...(types?.includes("null") === true ? ["None"] : []),
  ];
}

function wordOf(value: unknown): string | undefined {
  if (value === null) return "None";
  if (typeof value !== "boolean") return undefined;
  return value ? "True" : "False";
}
