import { dirname, join } from "node:path";
import type { MarkdownPage } from "./markdown-page.js";

/** The files and headings that links may lead to. */
export interface LinkTargets {
  exists(path: string): boolean;
  anchorsOf(path: string): ReadonlySet<string>;
}

/** The links of a page that lead nowhere, each with its line. Links to other hosts are not followed. */
export function brokenLinks(page: MarkdownPage, targets: LinkTargets): readonly string[] {
  return page.links
    .filter(({ url }) => !/^[a-z]+:/.test(url) && !leadsSomewhere(page, url, targets))
    .map(({ url, line }) => `${page.path}:${line}: ${url}`);
}

function leadsSomewhere(page: MarkdownPage, url: string, targets: LinkTargets): boolean {
  const [file = "", anchor] = decodeURI(url).split("#");
  const path = file === "" ? page.path : join(dirname(page.path), file);
  if (file !== "" && !targets.exists(path)) return false;
  if (anchor === undefined || (file !== "" && !path.endsWith(".md"))) return true;
  return (file === "" ? page.anchors : targets.anchorsOf(path)).has(anchor);
}
