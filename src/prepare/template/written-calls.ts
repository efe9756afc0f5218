import type { ToolCall } from "../../core/conversation.js";
import {
  type CallBody,
  type CallSyntax,
  isListed,
  type Literals,
  type ParameterMarks,
} from "../../core/call-syntax.js";

type Hide = (text: string) => string;

/** Writes calls as a model of this syntax does. `hide` is applied to everything that is not markup. */
export function writeCalls(calls: readonly ToolCall[], syntax: CallSyntax, hide: Hide): string {
  const { body } = syntax;
  const written = calls.map((call) => writeCall(call, body, hide));
  return syntax.sectionBegin + joinCalls(written, body) + syntax.sectionEnd;
}

function joinCalls(written: readonly string[], body: CallBody): string {
  if (isListed(body)) return `[${written.join(", ")}]`;
  return written.join(body.separator);
}

function writeCall({ name, arguments: args }: ToolCall, body: CallBody, hide: Hide): string {
  switch (body.type) {
    case "named":
      return body.begin + (body.nameMark ?? "") + hide(name) + body.middle + hide(args) + body.end;
    case "parameters": {
      const members = membersOf(args).map(([key, value]) =>
        writeParameter(key, value, { marks: body.parameter, hide }),
      );
      return body.begin + (body.nameMark ?? "") + hide(name) + body.middle + members.join("") + body.close + body.end;
    }
    case "literal": {
      const members = membersOf(args).map(
        ([key, value]) => hide(key) + body.pair + writeLiteral(value, { literals: body.literals, hide }),
      );
      return body.begin + hide(name) + body.open + members.join(", ") + body.close + body.end;
    }
    case "keyed":
      return `{${hide(JSON.stringify(name))}: ${hide(args)}}`;
    case "array":
    case "object": {
      const { keys } = body;
      const named = `${JSON.stringify(keys.name)}: ${hide(JSON.stringify(name))}`;
      const object = `{${named}, ${JSON.stringify(keys.arguments[0])}: ${hide(args)}}`;
      return body.type === "array" ? object : body.begin + object + body.end;
    }
  }
}

function membersOf(args: string): [string, unknown][] {
  return Object.entries(JSON.parse(args) as Readonly<Record<string, unknown>>);
}

function writeParameter(key: string, value: unknown, { marks, hide }: { marks: ParameterMarks; hide: Hide }): string {
  const isText = typeof value === "string";
  const middle = marks.middles.find(({ types }) => types?.includes("string") !== !isText) ?? marks.middles[0];
  return marks.begin + hide(key) + (middle?.mark ?? "") + hide(isText ? value : JSON.stringify(value)) + marks.end;
}

function writeLiteral(value: unknown, { literals, hide }: { literals: Literals; hide: Hide }): string {
  if (Array.isArray(value)) {
    return `[${value.map((element: unknown) => writeLiteral(element, { literals, hide })).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const isPython = literals.type === "python";
    const members = Object.entries(value).map(([key, member]) => {
      const shown = hide(isPython ? JSON.stringify(key) : key);
      return `${shown}:${isPython ? " " : ""}${writeLiteral(member, { literals, hide })}`;
    });
    return `{${members.join(", ")}}`;
  }
  if (literals.type === "marked") {
    return typeof value === "string" ? literals.quote + hide(value) + literals.quote : JSON.stringify(value);
  }
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : hide(JSON.stringify(value));
}
