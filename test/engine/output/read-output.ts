import type { CallSyntax } from "../../../src/core/call-syntax.js";
import type { OutputFormat, ReasoningSyntax } from "../../../src/core/output-format.js";
import type { Channel } from "../../../src/core/piece.js";
import type { OutputPart } from "../../../src/engine/output/output-part.js";
import { OutputReader } from "../../../src/engine/output/output-reader.js";

/** What an output amounts to: each text, and each call whole. */
export type Read =
  | { readonly channel: Channel; readonly text: string }
  | { readonly id: string; readonly name: string; readonly arguments: string };

export const think: ReasoningSyntax = { begin: "<think>", end: "</think>", endTokens: [1], isOpen: false };

export const toolNames: readonly string[] = ["get", "get_time", "add-2", "weather.find"];

export function formatOf(calls: readonly CallSyntax[], changes: Partial<OutputFormat> = {}): OutputFormat {
  return {
    reasoning: think,
    calls,
    toolNames,
    parallelCalls: true,
    maxCalls: 100,
    maxArgumentBytes: 4_000,
    ...changes,
  };
}

/** A reader whose own ids are `id 1`, `id 2` … */
export function createReader(format: OutputFormat): OutputReader {
  const { maxCalls, maxArgumentBytes } = format;
  let ids = 0;
  const createId = (): string => `id ${(ids += 1)}`;
  return new OutputReader({ format, maxCalls, maxArgumentBytes, createId });
}

/** All parts of an output that comes in these pieces. */
export function partsOf(format: OutputFormat, pieces: readonly string[]): OutputPart[] {
  const reader = createReader(format);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.finish()];
}

export function read(format: OutputFormat, ...pieces: readonly string[]): Read[] {
  return joined(partsOf(format, pieces));
}

/** Parts put together; those of no text are left out. */
export function joined(parts: readonly OutputPart[]): Read[] {
  const whole: Read[] = [];
  let index = -1;
  for (const part of parts) {
    const last = whole.at(-1);
    if (part.type === "text") {
      if (part.text === "") continue;
      if (last !== undefined && "channel" in last && last.channel === part.channel) {
        whole.splice(-1, 1, { ...last, text: last.text + part.text });
      } else whole.push({ channel: part.channel, text: part.text });
    } else if (part.call.head !== undefined) {
      index += 1;
      if (part.call.index !== index) throw new Error(`call ${part.call.index} in place of ${index}`);
      whole.push({ ...part.call.head, arguments: part.call.arguments });
    } else {
      if (last === undefined || !("name" in last) || part.call.index !== index)
        throw new Error("a fragment without its call");
      whole.splice(-1, 1, { ...last, arguments: last.arguments + part.call.arguments });
    }
  }
  return whole;
}

export function answer(text: string): Read {
  return { channel: "answer", text };
}

export function reasoning(text: string): Read {
  return { channel: "reasoning", text };
}

export function call(id: string, name: string, args: string): Read {
  return { id, name, arguments: args };
}
