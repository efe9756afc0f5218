import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SourceFiles } from "./import-rules.js";

/** The repository's root, seen from the compiled file (OUT/test/architecture). */
export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

/** The text files that git tracks or would track, by path from the root; those with a NUL byte are left out. */
export function readRepositoryFiles(): SourceFiles {
  const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });
  const paths = listing.split("\0").filter((path) => path !== "" && existsSync(`${repositoryRoot}/${path}`));
  const texts = new Map(paths.map((path) => [path, readFileSync(`${repositoryRoot}/${path}`, "utf8")]));
  return new Map([...texts].filter(([, text]) => !text.includes("\0")));
}

/** Those of the files whose path matches. */
export function pickFiles(files: SourceFiles, pattern: RegExp): SourceFiles {
  return new Map([...files].filter(([path]) => pattern.test(path)));
}
