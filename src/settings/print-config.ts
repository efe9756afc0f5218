import { stringify } from "yaml";
import { yamlKeyOf } from "./setting.js";
import type { SettledSetting } from "./settle.js";

/** The settings as a YAML file that --config reads back, each with its origin as a comment. */
export function printConfig(settled: readonly SettledSetting[]): string {
  const lines = settled.map(({ name, text, origin }) => ({ line: `${yamlKeyOf(name)}: ${toScalar(text)}`, origin }));
  const width = Math.max(...lines.map(({ line }) => line.length));
  return lines.map(({ line, origin }) => `${line.padEnd(width)}  # ${origin.label}\n`).join("");
}

/** Numbers and truth values as such, all else as a text, quoted where YAML needs it. */
function toScalar(text: string): string {
  const isPlain = /^\d+$/.test(text) || text === "true" || text === "false";
  return isPlain ? text : stringify(text, { lineWidth: 0 }).trimEnd();
}
