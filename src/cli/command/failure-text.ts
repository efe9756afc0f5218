import type { CallFailure } from "../../client/call-failure.js";
import { formatDuration } from "../../settings/units.js";
import { visibleText } from "./text-output.js";

/** Describes a failed call for people: status, reason and message, then each invalid field and further help on lines of their own. */
export function failureText(failure: CallFailure): string {
  const { status, reason, message, violations, retryAfterMs, generationId, facts } = failure;
  const runningId = reason === "SESSION_BUSY" ? facts.get("generation_id") : undefined;
  const lines = [
    `${reason === undefined || reason === status ? status : `${status} ${reason}`}: ${tidied(message)}`,
    ...(status === "UNAVAILABLE" && reason === undefined ? ["  is a server running there? rill serve starts one"] : []),
    ...violations.map(({ field, description }) => `  ${field}: ${description}`),
    ...(retryAfterMs === undefined ? [] : [`  try again in ${formatDuration(Math.ceil(retryAfterMs))}`]),
    ...(runningId === undefined ? [] : [`  running generation: ${runningId}`]),
    ...(generationId === undefined ? [] : [`  generation id: ${generationId}`]),
  ];
  return lines.map(visibleText).join("\n");
}

/** Removes the empty note that grpc-js leaves at the end of its message about a connection. */
function tidied(message: string): string {
  return message.replace(/ Resolution note: $/, "");
}
