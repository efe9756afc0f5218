import type { OutputShape } from "../core/prepare-messages.js";

/** What became of an input: the tokens that the model will read, and what is known of the output. */
export type PreparedInput = { readonly tokens: Uint32Array } & OutputShape;
