import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders under docs/ that hold no pages of ours. */
const NOT_PAGES = /(^|\/)(node_modules|\.vitepress|dist)(\/|$)/;

/** The pages that a user reads, from the root of the repository. */
export function pageFiles(): readonly string[] {
  const top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "src/README.md"].filter((file) =>
    existsSync(file),
  );
  const docs = readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !NOT_PAGES.test(name))
    .map((name) => join("docs", name));
  return [...top, ...docs.toSorted()];
}
