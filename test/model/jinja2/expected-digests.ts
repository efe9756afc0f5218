import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withoutDates } from "../golden/golden-prompt.js";
import type { Rendered } from "./jinja2-peer.js";
import { agree } from "./meant-differences.js";

/** The committed digests of what jinja2 renders, in the order of the conversations. */
export type ExpectedDigests = Readonly<Record<string, readonly string[]>>;

export const DIGESTS_PATH = fileURLToPath(
  new URL("../../../../test/model/jinja2/expected-digests.json", import.meta.url),
);

export async function readExpectedDigests(): Promise<ExpectedDigests> {
  return JSON.parse(await readFile(DIGESTS_PATH, "utf8")) as ExpectedDigests;
}

/** A short digest of a rendering without its dates. All errors have the same one. */
export function digestOf(rendered: Rendered): string {
  if ("error" in rendered) return "error";
  return createHash("sha256").update(withoutDates(rendered.text)).digest("hex").slice(0, 12);
}

/** The digest to expect of our rendering: jinja2's, or our own behind a mark if the two are meant to differ. */
export function expectedDigest(template: string, { ours, theirs }: { ours: Rendered; theirs: Rendered }): string {
  const [own, other] = [digestOf(ours), digestOf(theirs)];
  return own !== other && agree(template, ours, theirs) ? MEANT_MARK + own : other;
}

/** Stands in front of a digest that is meant to differ from jinja2's. */
export const MEANT_MARK = "~";
