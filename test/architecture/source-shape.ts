import path from "node:path/posix";
import ts from "typescript";
import type { SourceFiles } from "./import-rules.js";

/** The most lines of one source file. */
export const MAX_FILE_LINES = 300;

/** The most lines of a file that is one class. */
export const MAX_CLASS_FILE_LINES = 400;

/** Files that are too long, that gather exports of others, or whose names are not kebab-case: one line each. */
export function findShapeProblems(files: SourceFiles): readonly string[] {
  return [...files].flatMap(([file, text]) => {
    const [stem] = path.basename(file).split(".");
    return [
      ...lengthProblems(file, text),
      ...(stem === "index" ? [`${file} is a barrel by its name`] : []),
      ...(/^export\s*\*/m.test(text) ? [`${file} passes on all exports of another file`] : []),
      ...(/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem ?? "") ? [] : [`${file} is not named in kebab-case`]),
    ];
  });
}

function lengthProblems(file: string, text: string): readonly string[] {
  const lines = linesOf(text);
  if (lines <= MAX_FILE_LINES || (lines <= MAX_CLASS_FILE_LINES && isOneClass(file, text))) return [];
  return [`${file} has ${lines} lines`];
}

function linesOf(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** Whether the file declares exactly one class, and that class takes up more than half of the lines. */
function isOneClass(file: string, text: string): boolean {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const classes = source.statements.filter(ts.isClassDeclaration);
  const [only] = classes;
  return classes.length === 1 && only !== undefined && 2 * linesOf(only.getText()) > linesOf(text);
}
