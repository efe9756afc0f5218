import type { ToolCall } from "../../core/conversation.js";
import {
  type CallBody,
  type CallSyntax,
  isListed,
  type JsonTypeName,
  type Literals,
  type ParameterMarks,
} from "../../core/call-syntax.js";
import { textOf } from "../jinja/show-value.js";
import { isDict, isList, type JinjaValue } from "../jinja/values.js";
import { type JsonStyle, writeJson } from "../jinja/write-json.js";
import { parseJsonObject } from "./hidden-texts.js";

/** The way in which the caller's texts get into calls. */
interface CallWriting {
  /** Is applied to everything that is not markup. */
  readonly hide: (text: string) => string;
  /** The field with the calls, which an error names. */
  readonly field: string;
}

/**
 * Writes calls as a model of this syntax does. Members keep their order and numbers their spelling.
 * @throws InputRefusal when the syntax writes the arguments one by one, and they are nested too deep
 */
export function writeCalls(calls: readonly ToolCall[], syntax: CallSyntax, { hide, field }: CallWriting): string {
  const { body } = syntax;
  const written = calls.map((call, index) => writeCall(call, body, { hide, field: `${field}[${index}].arguments` }));
  return syntax.sectionBegin + joinCalls(written, body) + syntax.sectionEnd;
}

function joinCalls(written: readonly string[], body: CallBody): string {
  if (isListed(body)) return `[${written.join(", ")}]`;
  return written.join(body.separator);
}

function writeCall({ name, arguments: args }: ToolCall, body: CallBody, { hide, field }: CallWriting): string {
  switch (body.type) {
    case "named":
      return body.begin + (body.nameMark ?? "") + hide(name) + body.middle + hide(args) + body.end;
    case "parameters": {
      const members = membersOf(args, field).map(([key, value]) =>
        writeParameter(key, value, { marks: body.parameter, hide }),
      );
      return body.begin + (body.nameMark ?? "") + hide(name) + body.middle + members.join("") + body.close + body.end;
    }
    case "literal": {
      const members = membersOf(args, field).map(
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

/** The arguments as their caller wrote them. They are hidden as they are written, since quotes may be part of a control text. */
function membersOf(args: string, field: string): readonly (readonly [key: string, value: JinjaValue])[] {
  return [...parseJsonObject(args, { field, hide: (text) => text })];
}

const COMPACT: JsonStyle = {
  ensureAscii: false,
  indent: undefined,
  itemSeparator: ",",
  keySeparator: ":",
  sortKeys: false,
};

interface ValueWriting {
  readonly hide: CallWriting["hide"];
}

function writeParameter(
  key: string,
  value: JinjaValue,
  { marks, hide }: ValueWriting & { readonly marks: ParameterMarks },
): string {
  const isText = typeof value === "string";
  const type = jsonType(value);
  const middle = marks.middles.find(({ types }) => types?.includes(type) !== false) ?? marks.middles[0];
  return marks.begin + hide(key) + (middle?.mark ?? "") + hide(isText ? value : writeJson(value, COMPACT)) + marks.end;
}

function jsonType(value: JinjaValue): JsonTypeName {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (isDict(value)) return "object";
  if (typeof value === "string") return "string";
  return typeof value === "boolean" ? "boolean" : "number";
}

function writeLiteral(value: JinjaValue, { literals, hide }: ValueWriting & { readonly literals: Literals }): string {
  const isPython = literals.type === "python";
  if (isList(value)) return `[${value.map((element) => writeLiteral(element, { literals, hide })).join(", ")}]`;
  if (isDict(value)) {
    const members = [...value].map(([key, member]) => {
      const shown = hide(isPython ? writeJson(key, COMPACT) : textOf(key));
      return `${shown}:${isPython ? " " : ""}${writeLiteral(member, { literals, hide })}`;
    });
    return `{${members.join(", ")}}`;
  }
  if (!isPython)
    return typeof value === "string" ? literals.quote + hide(value) + literals.quote : writeJson(value, COMPACT);
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : hide(writeJson(value, COMPACT));
}
