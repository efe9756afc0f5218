import type { CallSyntax } from "../../core/output-format.js";

/** A call with one argument, a text. */
export interface ProbedCall {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/** Whether the call stands in a rendered conversation, written in this syntax. White space is free. */
export function showsCall(rendered: string, { sectionBegin, body }: CallSyntax, call: ProbedCall): boolean {
  const name = escapePattern(call.name);
  const values = `\\{\\s*"${escapePattern(call.key)}"\\s*:\\s*"${escapePattern(call.value)}"\\s*\\}`;
  if (body.type === "named") {
    // Some write an id between the name and the arguments.
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
