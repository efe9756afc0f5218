import { createHash } from "node:crypto";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationRequest } from "../../core/generation-request.js";

/** Stored digests without a version are of rill.v1's protobuf body. */
const VERSION_PREFIX = "2:";

/** A key with the digests that a repeat is held to. Equal digests of one form: equal requests. */
export interface Idempotency {
  readonly key: string;
  readonly bodyDigest: string;
  /** By the rule of releases that stored digests without a version; undefined: the request is none of their protocol. */
  readonly legacyDigest: string | undefined;
}

/**
 * SHA-256 of a request as its caller gave it, before defaults. Its request id and its key are left out. Two protocols give the same digest for the same
 * words.
 */
export function digestRequest(request: GenerationRequest): string {
  const said = { ...request, input: saidInput(request), requestId: undefined, idempotency: undefined };
  return VERSION_PREFIX + createHash("sha256").update(canonicalText(said)).digest("base64");
}

/** The input with `parallel: true` where the caller says nothing about parallel calls, whatever their default, as stored digests have it. */
function saidInput({ input }: GenerationRequest): GenerationRequest["input"] {
  if (!("tools" in input) || input.tools === undefined) return input;
  return { ...input, tools: { ...input.tools, parallel: input.tools.parallel ?? true } };
}

/** @throws GenerationError IDEMPOTENCY_KEY_REUSED if the first call with the key said something else */
export function requireSameBody(first: { readonly bodyDigest: string }, again: Omit<Idempotency, "key">): void {
  const isLegacy = !first.bodyDigest.startsWith(VERSION_PREFIX);
  if (first.bodyDigest === (isLegacy ? again.legacyDigest : again.bodyDigest)) return;
  throw new GenerationError("IDEMPOTENCY_KEY_REUSED", "this idempotency key was used with another request");
}

/** JSON text with the names of members and the keys of maps in order. An empty list is left out, as undefined is: both mean that nothing was given. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (Array.isArray(member) && member.length === 0) return undefined;
    if (member instanceof Map) return { $map: sorted([...(member as Map<string, unknown>)]) };
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(sorted(Object.entries(member)));
  });
}

function sorted(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
