import type { ToolCall } from "../../core/conversation.js";
import type { CallSyntax } from "../../core/output-format.js";

/** Writes calls as a model of this syntax does. `hide` is applied to everything that is not markup. */
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

/** A call with one string argument, whose words appear nowhere else. */
export interface ProbedCall {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/** Whether a rendered conversation contains the call in this syntax, with any white space. */
export function showsCall(rendered: string, { sectionBegin, body }: CallSyntax, call: ProbedCall): boolean {
  const name = escapePattern(call.name);
  const values = `\\{\\s*"${escapePattern(call.key)}"\\s*:\\s*"${escapePattern(call.value)}"\\s*\\}`;
  if (body.type === "named") {
    // Some templates write an id between the name and the arguments.
    const begin = anyOf(body.begin, body.otherBegins);
    const middle = anyOf(body.middle, body.otherMiddles);
    const pattern = `${begin}\\s*${name}[^{]*?${middle}\\s*${values}\\s*${trimmed(body.end)}`;
    return new RegExp(pattern).test(rendered);
  }
  const { keys } = body;
  const valuesKey = keys.arguments.map(escapePattern).join("|");
  const members = `"${escapePattern(keys.name)}"\\s*:\\s*"${name}"[^{}]*"(?:${valuesKey})"\\s*:\\s*${values}[^{}]*`;
  const object = `\\{[^{}]*${members}\\}`;
  const pattern =
    body.type === "array"
      ? `${trimmed(sectionBegin)}\\s*\\[[^]*?${object}`
      : `${trimmed(body.begin)}\\s*${object}\\s*${trimmed(body.end)}`;
  return new RegExp(pattern).test(rendered);
}

function anyOf(first: string, others: readonly string[] = []): string {
  return `(?:${[first, ...others].map(trimmed).join("|")})`;
}

function trimmed(markup: string): string {
  return escapePattern(markup.trim());
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
