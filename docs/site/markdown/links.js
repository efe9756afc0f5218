import { existsSync } from "node:fs";
import path from "node:path";
import { addressOf, pages, root } from "../pages.js";
import { addressOfShown, targetOf } from "../shown-files.js";

/** Turns links between files of the repository into links between pages of the site. */
export function links(md) {
  md.core.ruler.push("repository-links", ({ tokens, env }) => {
    const file = path.relative(root, env.realPath ?? env.path).replaceAll(path.sep, "/");
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const url = token.type === "link_open" ? token.attrGet("href") : undefined;
      if (url) token.attrSet("href", siteLink(file, url));
    }
  });
}

/** @throws Error when the link leads nowhere */
function siteLink(file, url) {
  const target = targetOf(file, url);
  if (target === undefined) return url;
  const hash = /#.*$/.exec(url)?.[0] ?? "";
  if (pages.includes(target)) return `${addressOf(target)}${hash}`;
  if (!existsSync(`${root}${target}`)) throw new Error(`${file} links to ${url}, which does not exist`);
  return addressOfShown(target);
}
