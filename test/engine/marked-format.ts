import type { OutputFormat } from "../../src/core/output-format.js";

/** Reasoning between `<think>` and `</think>`, calls of `look` and `find` between `<tool_call>` and `</tool_call>`. */
export const MARKED: OutputFormat = {
  reasoning: { begin: "<think>", end: "</think>", endTokens: [...Buffer.from("</think>")], isOpen: false },
  calls: [
    {
      sectionBegin: "",
      sectionEnd: "",
      body: {
        type: "object",
        begin: "<tool_call>",
        end: "</tool_call>",
        separator: "",
        keys: { name: "name", arguments: ["arguments"], id: "id" },
      },
    },
  ],
  toolNames: ["look", "find"],
  parallelCalls: true,
  maxCalls: 16,
  maxArgumentBytes: 10_000,
};

export const LOOK = '<tool_call>{"name": "look", "arguments": {"at": "a </b> \\"c\\""}}</tool_call>';
