import { stringify } from "yaml";
import { yamlKeyOf } from "./setting.js";
import type { SettledSetting } from "./setting-values.js";

/** Formats the settings as a YAML file that --config reads back, each with its origin as a comment. */
export function printConfig(settled: readonly SettledSetting[]): string {
  const lines = settled.map(({ name, text, origin }) => ({ line: `${yamlKeyOf(name)}: ${toScalar(text)}`, origin }));
  const width = Math.max(...lines.map(({ line }) => line.length));
  return lines.map(({ line, origin }) => `${line.padEnd(width)}  # ${origin.label}\n`).join("");
}

/** Writes numbers and booleans as such, and everything else as a string, quoted if YAML needs it. */
function toScalar(text: string): string {
  const isPlain = /^\d+$/.test(text) || text === "true" || text === "false";
  return isPlain ? text : stringify(text, { lineWidth: 0 }).trimEnd();
}
