import path from "node:path/posix";
import type { SourceFiles } from "./import-rules.js";

/** A file or folder of the repository as documents name it, from the repository's root. */
const NAMED_PATH = /(?<![\w./-])(?:src|test|proto|docs|generated|\.ci|\.config)\/[\w./-]*[\w/]/g;

/** The paths in documents that lead nowhere, one line each. A file may be named without its ending. */
export function findDeadPaths(documents: SourceFiles, files: Iterable<string>): readonly string[] {
  const known = new Set<string>();
  for (const file of files) {
    for (const ending of ["", ".ts", ".test.ts"]) {
      if (file.endsWith(ending)) known.add(file.slice(0, file.length - ending.length));
    }
    for (let folder = path.dirname(file); folder !== "."; folder = path.dirname(folder)) known.add(folder);
  }
  return [...documents].flatMap(([document, text]) =>
    [...text.matchAll(NAMED_PATH)]
      .map(([name]) => name.replace(/\/$/, ""))
      .filter((name) => !known.has(name))
      .map((name) => `${document} names ${name}, which does not exist`),
  );
}
