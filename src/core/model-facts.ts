/** What is known of the model before the engine has loaded it: read from the file and by the prepare worker. */
export interface ModelFacts {
  /** Catalogue name, or the file's name without its extension. */
  readonly name: string;
  /** SHA-256 of the file, lower-case hex. */
  readonly digest: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly architecture: string;
  readonly vocabularySize: number;
  /** The context length that the model was trained with. */
  readonly trainContextTokens: number;
  readonly template: TemplateFacts;
}

/** What is known of the model's chat template, and by it of the model. */
export interface TemplateFacts {
  /** The file's own Jinja, or a wrapper chosen by architecture. */
  readonly source: "model" | "fallback";
  readonly family: string;
  /** Whether the template has a place for tools, or a block of text in the system message carries them. */
  readonly tools: "template" | "block";
  /** Whether the model thinks aloud, always or on demand. */
  readonly reasoning: boolean;
}

/** What the inference worker reports once it can run. */
export interface EngineFacts {
  /** Tokens that one sequence holds, input and output together. */
  readonly contextTokens: number;
  /** How many runs decode side by side. */
  readonly sequences: number;
  readonly threads: number;
  /** Release of llama.cpp behind the binding; "scripted" for the test double. */
  readonly release: string;
}
