/** Facts of the model before the engine has loaded it, read from the file and by the prepare worker. */
export interface ModelFacts {
  /** The name in the catalogue, or the file's name without its extension. */
  readonly name: string;
  /** The SHA-256 of the file in lower-case hex. */
  readonly digest: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly architecture: string;
  readonly vocabularySize: number;
  /** The context length that the model was trained with. */
  readonly trainContextTokens: number;
  readonly template: TemplateFacts;
}

/** Facts of the model's chat template, which also tell some of the model. */
export interface TemplateFacts {
  /** The file's own Jinja, or a wrapper chosen by architecture. */
  readonly source: "model" | "fallback";
  readonly family: string;
  /** The error because of which the file's own template is not used. undefined means that there is none. */
  readonly problem?: string | undefined;
  /** Whether the template has a place for tools, or a block of text in the system message carries them. */
  readonly tools: "template" | "block";
  /** Whether the template shows calls in a form that no known family has, so that the block replaces them. Default: it does not. */
  readonly hasUnknownCalls?: boolean;
  /** Whether the model reasons, always or on demand. */
  readonly reasoning: boolean;
}

/** Facts that the inference worker reports once it can run. */
export interface EngineFacts {
  /** The tokens that one sequence holds, input and output together. */
  readonly contextTokens: number;
  /** The number of runs that decode side by side. */
  readonly sequences: number;
  readonly threads: number;
  /** The release of llama.cpp behind the binding; "scripted" for the test double. */
  readonly release: string;
}
