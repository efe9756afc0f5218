import type { CallSyntax } from "../../core/output-format.js";
import type { ToolCall } from "../../core/tool.js";

/** Calls as a model that was trained on this syntax writes them. `hide` is put around what is not markup. */
export function writeCalls(calls: readonly ToolCall[], syntax: CallSyntax, hide: (text: string) => string): string {
  const { body } = syntax;
  const between = "separator" in body ? body.separator : ", ";
  const written = calls.map((call) => writeCall(call, body, hide)).join(between);
  const section = body.type === "array" ? `[${written}]` : written;
  return syntax.sectionBegin + section + syntax.sectionEnd;
}

function writeCall(call: ToolCall, body: CallSyntax["body"], hide: (text: string) => string): string {
  if (body.type === "named") return body.begin + hide(call.name) + body.middle + hide(call.arguments) + body.end;
  const { keys } = body;
  const name = `${JSON.stringify(keys.name)}: ${hide(JSON.stringify(call.name))}`;
  const values = `${JSON.stringify(keys.arguments[0])}: ${hide(call.arguments)}`;
  const object = `{${name}, ${values}}`;
  return body.type === "array" ? object : body.begin + object + body.end;
}
