import { randomUUID } from "node:crypto";
import type { CallOrigin } from "../../core/calls.js";
import type { Lane } from "../../core/generation-request.js";

/** The names and the origin of a generation, known from the moment its call is opened. */
export interface GenerationIdentity {
  readonly generationId: string;
  /** The caller's own name for the generation. */
  readonly requestId: string | undefined;
  readonly lane: Lane;
  /** The caller's own labels. */
  readonly labels: ReadonlyMap<string, string>;
  /** When the call was opened, since the epoch. */
  readonly createdMs: number;
  /** Where the first call came from, for the log. */
  readonly origin: CallOrigin | undefined;
}

/** The name by which a caller means a generation. */
export type GenerationTarget = { readonly generationId: string } | { readonly requestId: string };

/** Returns an id that nobody can guess, because anyone who knows it may cancel the generation. It has 96 random bits and is safe in a URL. */
export function newGenerationId(): string {
  // Node draws the random bytes of many UUIDs at once. Three of the five parts have random digits only.
  const [first, second, , , last] = randomUUID().split("-");
  return `gen_${Buffer.from(`${first}${second}${last}`, "hex").toString("base64url")}`;
}
