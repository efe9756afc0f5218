import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

const body = {
  type: "object",
  begin: "",
  end: "",
  separator: "; ",
  keys: { ...PLAIN_KEYS, arguments: ["parameters", "arguments"] },
} as const;

export const llama3 = {
  models: "Llama 3.1, 3.2 and 3.3",
  markup: [['"parameters": ']],
  syntaxes: {
    llama3: { sectionBegin: "", sectionEnd: "", body },
    llama3_python_tag: { sectionBegin: "<|python_tag|>", sectionEnd: "", body },
  },
} as const satisfies CallFamily;
