import { type CallFamily, PLAIN_KEYS } from "./call-family.js";

export const nemotron2 = {
  models: "Nemotron Nano 2, Llama Nemotron",
  markup: [["<TOOLCALL>"]],
  syntaxes: {
    nemotron_2: { sectionBegin: "<TOOLCALL>", sectionEnd: "</TOOLCALL>", body: { type: "array", keys: PLAIN_KEYS } },
  },
} as const satisfies CallFamily;
