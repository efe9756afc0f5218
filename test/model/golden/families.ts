/** A model family: its published template, and the control tokens that the template writes. */
export interface Family {
  readonly name: string;
  /** A file of `models/templates` in llama.cpp's release. */
  readonly template: string;
  /** BOS and EOS first. */
  readonly controlTexts: readonly string[];
}

const llama3 = [
  "<|begin_of_text|>",
  "<|eot_id|>",
  "<|start_header_id|>",
  "<|end_header_id|>",
  "<|eom_id|>",
  "<|python_tag|>",
];
const chatml = ["<|endoftext|>", "<|im_end|>", "<|im_start|>"];
const mistral = [
  ...["<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]"],
  ...["[/TOOL_RESULTS]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[CALL_ID]", "[ARGS]", "[TOOL_CONTENT]"],
];
const deepseek = [
  ...["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"],
  ...[
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁sep｜>",
  ],
  ...["<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>", "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>"],
];
const cohere = [
  ...["<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<|START_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>"],
  ...["<|CHATBOT_TOKEN|>", "<|START_THINKING|>", "<|END_THINKING|>", "<|START_ACTION|>", "<|END_ACTION|>"],
  ...["<|START_TOOL_RESULT|>", "<|END_TOOL_RESULT|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"],
];
const granite = ["<|end_of_text|>", "<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>", "<|tool_call|>"];
const harmony = [
  ...[
    "<|startoftext|>",
    "<|return|>",
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|call|>",
  ],
];
const kimi = [
  ...["[BOS]", "[EOS]", "<|im_system|>", "<|im_user|>", "<|im_assistant|>", "<|im_middle|>", "<|im_end|>"],
  ...["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>", "<|tool_call_end|>"],
  "<|tool_call_argument_begin|>",
];

const family = (name: string, template: string, controlTexts: readonly string[]): Family => ({
  name,
  template,
  controlTexts,
});

export const FAMILIES: readonly Family[] = [
  family("command-r7b", "CohereForAI-c4ai-command-r7b-12-2024-tool_use", cohere),
  family("deepseek-r1", "llama-cpp-deepseek-r1", deepseek),
  family("deepseek-r1-distill-llama", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", deepseek),
  family("functionary-3.1", "meetkai-functionary-medium-v3.1", llama3),
  family("gemma-2", "google-gemma-2-2b-it", ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"]),
  family("gpt-oss", "openai-gpt-oss-120b", harmony),
  family("granite-3.3", "ibm-granite-granite-3.3-2B-Instruct", granite),
  family("granite-4.0", "ibm-granite-granite-4.0", granite),
  family("hermes-3", "NousResearch-Hermes-3-Llama-3.1-8B-tool_use", [...llama3, ...chatml]),
  family("kimi-k2", "moonshotai-Kimi-K2", kimi),
  family("llama-3.1", "meta-llama-Llama-3.1-8B-Instruct", llama3),
  family("llama-3.2", "meta-llama-Llama-3.2-3B-Instruct", llama3),
  family("mistral-nemo", "mistralai-Mistral-Nemo-Instruct-2407", mistral),
  family("mistral-small-3.2", "Mistral-Small-3.2-24B-Instruct-2506", mistral),
  family("phi-3.5", "microsoft-Phi-3.5-mini-instruct", [
    "<s>",
    "<|endoftext|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
  ]),
  family("qwen-2.5", "Qwen-Qwen2.5-7B-Instruct", chatml),
  family("qwen-3", "Qwen-Qwen3-0.6B", chatml),
  family("qwq", "Qwen-QwQ-32B", chatml),
  family("smollm-3", "HuggingFaceTB-SmolLM3-3B", chatml),
];
