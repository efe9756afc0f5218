import { readFileSync } from "node:fs";
import GithubSlugger from "github-slugger";
import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";

/** A fenced code block of a page. */
export interface CodeBlock {
  /** The first word of the info string, such as "console"; empty where there is none. */
  readonly language: string;
  /** The other words of the info string, such as `file=stream.py`. */
  readonly meta: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** A comment `<!-- run: … -->`, which says how the blocks after it run. Renderers don't show it. */
export interface RunDirective {
  readonly words: string;
  readonly line: number;
}

interface PageLink {
  readonly url: string;
  readonly line: number;
}

export interface MarkdownPage {
  /** Path from the root of the repository. */
  readonly path: string;
  /** Code blocks and directives in the order of the page. */
  readonly parts: readonly (CodeBlock | RunDirective)[];
  readonly links: readonly PageLink[];
  /** The anchors of its headings, as code hosts make them, and of its `<a id="…">`. */
  readonly anchors: ReadonlySet<string>;
}

export function readPage(path: string): MarkdownPage {
  return parsePage(path, readFileSync(path, "utf8"));
}

export function parsePage(path: string, text: string): MarkdownPage {
  const tree = fromMarkdown(text);
  return { path, parts: partsOf(tree), links: linksOf(tree), anchors: anchorsOf(tree) };
}

function partsOf(tree: Root): readonly (CodeBlock | RunDirective)[] {
  const parts: (CodeBlock | RunDirective)[] = [];
  visit(tree, (node) => {
    const line = node.position?.start.line ?? 0;
    if (node.type === "code") parts.push({ language: node.lang ?? "", meta: node.meta ?? "", text: node.value, line });
    if (node.type !== "html") return;
    const words = /^<!-- run: (.*) -->$/.exec(node.value)?.[1];
    if (words !== undefined) parts.push({ words, line });
  });
  return parts;
}

function linksOf(tree: Root): readonly PageLink[] {
  const links: PageLink[] = [];
  visit(tree, (node) => {
    const line = node.position?.start.line ?? 0;
    if (node.type === "link" || node.type === "image" || node.type === "definition")
      links.push({ url: node.url, line });
    if (node.type !== "html") return;
    for (const [, url = ""] of node.value.matchAll(/ (?:src|srcset|href)="([^"]+)"/g)) links.push({ url, line });
  });
  return links;
}

function anchorsOf(tree: Root): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  visit(tree, (node) => {
    if (node.type === "heading") {
      let title = "";
      visit(node, (child) => {
        if (child.type === "text" || child.type === "inlineCode") title += child.value;
      });
      anchors.add(slugger.slug(title));
    }
    if (node.type === "html") for (const [, id = ""] of node.value.matchAll(/ id="([^"]+)"/g)) anchors.add(id);
  });
  return anchors;
}
