import type { ObjectCalls } from "../../../core/call-syntax.js";
import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

const body = { type: "object", end: "", separator: "", keys: PLAIN_KEYS } as const satisfies Partial<ObjectCalls>;

export const gigachat31 = {
  models: "GigaChat 3.1",
  markup: [["<|function_call|>"]],
  syntaxes: {
    gigachat_31: { sectionBegin: "", sectionEnd: "", body: { ...body, begin: "<|function_call|>" } },
  },
} as const satisfies CallFamily;

/** A call is a message of its own. */
export const gigachat3 = {
  models: "GigaChat 3",
  markup: [["function call<|role_sep|>"], ["<|role_sep|>", "<|message_sep|>"]],
  syntaxes: {
    gigachat_3: {
      sectionBegin: "",
      sectionEnd: "",
      body: { ...body, begin: "<|message_sep|>\n\nfunction call<|role_sep|>\n" },
    },
  },
} as const satisfies CallFamily;
