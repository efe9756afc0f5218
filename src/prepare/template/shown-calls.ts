import type { CallBody, CallHead, CallSyntax, ParameterCalls } from "../../core/call-syntax.js";

/** A call with one string argument, whose words appear nowhere else. */
export interface ProbedCall {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/** Whether a rendered conversation contains the call in this syntax, with any white space. */
export function showsCall(rendered: string, { sectionBegin, body }: CallSyntax, call: ProbedCall): boolean {
  const words = { name: escapePattern(call.name), key: escapePattern(call.key), value: escapePattern(call.value) };
  return new RegExp(callPattern(body, trimmed(sectionBegin), words)).test(rendered);
}

function callPattern(body: CallBody, sectionBegin: string, words: ProbedCall): string {
  const { name, key, value } = words;
  const values = `\\{\\s*"${key}"\\s*:\\s*"${value}"\\s*\\}`;
  switch (body.type) {
    case "named":
      return `${headPattern(body, name)}\\s*${values}\\s*${trimmed(body.end)}`;
    case "parameters":
      return `${headPattern(body, name)}\\s*${parameterPattern(body, words)}\\s*${trimmed(body.close)}`;
    case "literal": {
      const quote = body.literals.type === "marked" ? escapePattern(body.literals.quote) : `["']`;
      const pair = `${key}\\s*${trimmed(body.pair)}\\s*${quote}${value}${quote}`;
      return `${trimmed(body.begin)}\\s*${name}\\s*${trimmed(body.open)}\\s*${pair}\\s*${trimmed(body.close)}`;
    }
    case "keyed":
      return `${sectionBegin}\\s*\\[[^]*?\\{\\s*"${name}"\\s*:\\s*${values}\\s*\\}`;
    case "array":
    case "object": {
      const { keys } = body;
      const valuesKey = keys.arguments.map(escapePattern).join("|");
      const members = `"${escapePattern(keys.name)}"\\s*:\\s*"${name}"[^{}]*"(?:${valuesKey})"\\s*:\\s*${values}[^{}]*`;
      const object = `\\{[^{}]*${members}\\}`;
      if (body.type === "array") return `${sectionBegin}\\s*\\[[^]*?${object}`;
      const begin = body.begin.trim() === "" ? sectionBegin : trimmed(body.begin);
      return `${begin}[^{}]*(?:\\{[^]*\\}\\s*)?${object}\\s*${trimmed(body.end)}`;
    }
  }
}

/** Some templates write an id between the name and the arguments, or before the name. */
function headPattern(head: CallHead, name: string): string {
  const begin = anyOf([head.begin, ...(head.otherBegins ?? [])]);
  const middle = anyOf([head.middle, ...(head.otherMiddles ?? [])]);
  const id = head.nameMark === undefined ? "" : `[\\w-]*\\s*${trimmed(head.nameMark)}\\s*`;
  return `${begin}\\s*${id}${name}[^{]*?${middle}`;
}

function parameterPattern({ parameter }: ParameterCalls, { key, value }: ProbedCall): string {
  const middle = anyOf(parameter.middles.map(({ mark }) => mark));
  return `${trimmed(parameter.begin)}${key}${middle}\\s*${value}\\s*${trimmed(parameter.end)}`;
}

function anyOf(marks: readonly string[]): string {
  return `(?:${marks.map(trimmed).join("|")})`;
}

function trimmed(markup: string): string {
  return escapePattern(markup.trim());
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
