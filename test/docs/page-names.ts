import { readFileSync } from "node:fs";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";

/** A name that a page mentions outside its code blocks, which are run anyway. */
export interface PageName {
  readonly name: string;
  /** Where it stands, such as docs/errors.md:12. */
  readonly place: string;
}

/** The names of a page by what they look like. */
export interface PageNames {
  /** Flags that begin a text in backquotes, such as `--slots`, without their values. */
  readonly flags: readonly PageName[];
  /** Names in the manner of the metrics, such as rill_slots. */
  readonly metrics: readonly PageName[];
  /** Names in capitals with an underscore, such as QUEUE_FULL. */
  readonly constants: readonly PageName[];
}

export function readPageNames(path: string): PageNames {
  return pageNames(path, readFileSync(path, "utf8"));
}

export function pageNames(path: string, text: string): PageNames {
  const names = { flags: [] as PageName[], metrics: [] as PageName[], constants: [] as PageName[] };
  visit(fromMarkdown(text), (node) => {
    if (node.type !== "text" && node.type !== "inlineCode") return;
    const place = `${path}:${node.position?.start.line ?? 0}`;
    const found = (pattern: RegExp): PageName[] => [...node.value.matchAll(pattern)].map(([name]) => ({ name, place }));
    if (node.type === "inlineCode") names.flags.push(...found(/^--[a-z][a-z0-9_-]*/g));
    names.metrics.push(...found(/\brill_[a-z_]+/g));
    // Q4_K_M and its like are ways to quantise a model.
    names.constants.push(...found(/\b(?!Q\d)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g));
  });
  return names;
}
