import type { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import type { Message, ToolChoice } from "../../core/conversation.js";
import type { Violations } from "../../core/generation-error.js";
import type {
  GenerationInput,
  RequestedConstraint,
  RequestedStopping,
  TurnInput,
} from "../../core/generation-request.js";
import { isJsonObject } from "../../core/json.js";
import type { Limits } from "../../core/limits.js";
import { parseJsonText } from "./parse-field.js";

interface Combination {
  readonly input: GenerationInput | TurnInput;
  readonly constraint: RequestedConstraint | undefined;
  readonly stopping: RequestedStopping;
}

/** Parses the constraint on the answer. The prepare worker determines whether it can become a grammar. */
export function parseConstraint(
  constraint: GenerateRequest["constraint"],
  limits: Limits,
  violations: Violations,
): RequestedConstraint | undefined {
  switch (constraint?.$case) {
    case undefined:
      return undefined;
    case "jsonSchema":
      checkSchema(constraint.value, limits, violations);
      return { type: "json_schema", schema: constraint.value };
    case "jsonObject":
      return { type: "json_object" };
    case "choices":
      checkChoices(constraint.value.values, limits, violations);
      return { type: "choices", choices: constraint.value.values };
    case "gbnf":
      checkGbnf(constraint.value, limits, violations);
      return { type: "gbnf", grammar: constraint.value };
    case "regex":
      checkRegex(constraint.value, limits, violations);
      return { type: "regex", pattern: constraint.value };
  }
}

function checkSchema(schema: string, { schemaBytes }: Limits, violations: Violations): void {
  const bytes = Buffer.byteLength(schema);
  if (bytes > schemaBytes) {
    violations.add("json_schema", `has ${bytes} bytes; at most ${schemaBytes}`);
    return;
  }
  const parsed = parseJsonText("json_schema", schema, violations);
  if (parsed !== undefined && !isJsonObject(parsed) && typeof parsed !== "boolean") {
    violations.add("json_schema", "is JSON, but not a schema: an object, true or false");
  }
}

function checkChoices(choices: readonly string[], limits: Limits, violations: Violations): void {
  const field = "choices.values";
  if (choices.length < 1 || choices.length > limits.choices) {
    violations.add(field, `has ${choices.length} choices; it must have 1 to ${limits.choices}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, choice] of choices.entries()) {
    const bytes = Buffer.byteLength(choice);
    if (bytes < 1 || bytes > limits.choiceBytes) {
      violations.add(`${field}[${index}]`, `has ${bytes} bytes; it must have 1 to ${limits.choiceBytes}`);
    } else if (seen.has(choice)) {
      violations.add(`${field}[${index}]`, "equals an earlier choice");
    }
    seen.add(choice);
  }
}

function checkGbnf(grammar: string, { gbnfBytes }: Limits, violations: Violations): void {
  if (gbnfBytes === 0) {
    violations.add("gbnf", "is not accepted by this server, whose setting max-gbnf-size is 0");
    return;
  }
  const bytes = Buffer.byteLength(grammar);
  if (bytes < 1 || bytes > gbnfBytes) violations.add("gbnf", `has ${bytes} bytes; it must have 1 to ${gbnfBytes}`);
}

function checkRegex(pattern: string, { schemaBytes }: Limits, violations: Violations): void {
  const bytes = Buffer.byteLength(pattern);
  if (bytes < 1 || bytes > schemaBytes) violations.add("regex", `has ${bytes} bytes; it must have 1 to ${schemaBytes}`);
}

/** Reports fields that are valid alone and conflict with one another. Each rule names the field that it concerns. */
export function refuseConflicts({ input, constraint, stopping }: Combination, violations: Violations): void {
  const choice = choiceOf(input);
  const isForced = choice?.type === "required" || choice?.type === "named";
  const forcing = isForced ? `${input.type}.tool_choice` : undefined;
  if (stopping.ignoreEndOfGeneration === true && (constraint !== undefined || forcing !== undefined)) {
    violations.add(
      "stopping.ignore_end_of_generation",
      `is not valid with ${constraint?.type ?? forcing}, because the output ends when it is complete`,
    );
  }
  if (forcing !== undefined && continuesAnswer(input)) {
    violations.add(forcing, "is not valid with an unfinished answer, because a forced call begins the answer");
  }
}

function choiceOf(input: GenerationInput | TurnInput): ToolChoice | undefined {
  return input.type === "chat" || input.type === "turn" ? input.tools?.choice : undefined;
}

function continuesAnswer(input: GenerationInput | TurnInput): boolean {
  if (input.type === "turn" && input.continues) return true;
  return (input.type === "chat" || input.type === "turn") && isPartial(input.messages.at(-1));
}

/** Whether the model continues this message, which is the last one. */
function isPartial(last: Message | undefined): boolean {
  return last?.role === "assistant" && last.toolCalls === undefined;
}
