import { type Tool, type ToolChoice as ToolChoiceMessage, ToolChoiceMode } from "../../../generated/rill/v1/tool.js";
import type { ToolChoice } from "../../core/tool.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { Violations } from "../../core/violations.js";

const AUTO: ToolChoice = Object.freeze({ type: "auto" });
const MAX_NAME_TEXT_BYTES = 64;

/** Whether the model calls, of tools that are given. */
export function parseToolChoice(
  { field, choice, tools }: { field: string; choice: ToolChoiceMessage | undefined; tools: readonly Tool[] },
  violations: Violations,
): ToolChoice {
  if (choice === undefined) return AUTO;
  switch (choice.choice?.$case) {
    case "mode":
      return parseMode(`${field}.mode`, choice.choice.value, violations);
    case "tool": {
      const name = choice.choice.value;
      if (!tools.some((tool) => tool.name === name)) {
        const shown = JSON.stringify(wellFormedText(name, MAX_NAME_TEXT_BYTES));
        violations.add(`${field}.tool`, `is ${shown}, the name of none of the tools`);
      }
      return { type: "named", name };
    }
    case undefined:
      violations.add(field, "is empty: one of mode and tool is required");
      return AUTO;
  }
}

function parseMode(field: string, mode: ToolChoiceMode, violations: Violations): ToolChoice {
  switch (mode) {
    case ToolChoiceMode.AUTO:
      return AUTO;
    case ToolChoiceMode.NONE:
      return { type: "none" };
    case ToolChoiceMode.REQUIRED:
      return { type: "required" };
    default:
      // An unknown number arrives typed as a known one.
      violations.add(field, `is ${mode}, which is no mode`);
      return AUTO;
  }
}
