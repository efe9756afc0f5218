import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The folder under docs/ that makes a site of the pages, and holds none itself. */
const SITE = "site/";

/** The pages that a user reads, from the root of the repository. */
export function pageFiles(): readonly string[] {
  const top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "src/README.md"].filter((file) =>
    existsSync(file),
  );
  const docs = readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.startsWith(SITE))
    .map((name) => join("docs", name));
  return [...top, ...docs.toSorted()];
}
