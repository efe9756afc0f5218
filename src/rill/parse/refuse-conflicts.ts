import type { Message, ToolChoice } from "../../core/conversation.js";
import type {
  GenerationInput,
  RequestedConstraint,
  RequestedStopping,
  TurnInput,
} from "../../core/generation-request.js";
import type { Violations } from "../../core/generation-error.js";

interface Combination {
  readonly input: GenerationInput | TurnInput;
  readonly constraint: RequestedConstraint | undefined;
  readonly stopping: RequestedStopping;
}

/** Reports fields that are valid alone and conflict with one another. Each rule names the field that it concerns. */
export function refuseConflicts({ input, constraint, stopping }: Combination, violations: Violations): void {
  const choice = choiceOf(input);
  const mayCall = choice !== undefined && choice.type !== "none";
  const isForced = choice?.type === "required" || choice?.type === "named";
  if (constraint !== undefined && mayCall) {
    violations.add(
      constraint.type,
      "is not valid with tools that the model may call, because one grammar holds for the answer",
    );
  }
  const forcing = constraint?.type ?? (isForced ? `${input.type}.tool_choice` : undefined);
  if (forcing === undefined) return;
  if (stopping.ignoreEndOfGeneration === true) {
    violations.add(
      "stopping.ignore_end_of_generation",
      `is not valid with ${forcing}, because the output ends when it is complete`,
    );
  }
  if (continuesAnswer(input)) {
    violations.add(forcing, "is not valid with an unfinished answer, because a grammar begins with the answer");
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
