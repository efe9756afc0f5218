import path from "node:path/posix";
import type { SourceFiles } from "./import-rules.js";

/** The most lines of one source file. */
export const MAX_FILE_LINES = 300;

/** Files that are too long, that gather exports of others, or whose names are not kebab-case: one line each. */
export function findShapeProblems(files: SourceFiles): readonly string[] {
  return [...files].flatMap(([file, text]) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    const [stem] = path.basename(file).split(".");
    return [
      ...(lines > MAX_FILE_LINES ? [`${file} has ${lines} lines`] : []),
      ...(stem === "index" ? [`${file} is a barrel by its name`] : []),
      ...(/^export\s*\*/m.test(text) ? [`${file} passes on all exports of another file`] : []),
      ...(/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem ?? "") ? [] : [`${file} is not named in kebab-case`]),
    ];
  });
}
