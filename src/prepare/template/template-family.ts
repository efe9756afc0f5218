/** Markup that gives a family of templates away, most telling first. */
const FAMILIES: readonly (readonly [string, string])[] = [
  ["<|start_header_id|>", "llama3"],
  ["<|header_start|>", "llama4"],
  ["<|channel|>", "harmony"],
  ["<|turn>", "gemma4"],
  ["<start_of_turn>", "gemma"],
  ["<|START_OF_TURN_TOKEN|>", "command-r"],
  ["<|start_of_role|>", "granite"],
  ["<｜User｜>", "deepseek"],
  ["<|im_start|>", "chatml"],
  ["<<SYS>>", "llama2"],
  ["[INST]", "mistral"],
  ["[|assistant|]", "exaone"],
  ["<|assistant|>", "zephyr"],
  ["### Instruction", "alpaca"],
];

/** What people call such a template: for display, never to decide by. */
export function templateFamily(source: string): string {
  return FAMILIES.find(([markup]) => source.includes(markup))?.[1] ?? "custom";
}
