import ts from "typescript";

/** The changes of running code between two sets of TypeScript sources, each by the name that it declares, or by its first line. */
export interface StatementChanges {
  /** Statements of the sources as they are now that did not run before. */
  readonly added: readonly string[];
  /** Statements that ran before and are gone. */
  readonly removed: readonly string[];
}

/**
 * Compares what two sets of sources run, statement by statement at the top level of their modules. Types, comments, the form of lines, imports and the
 * file that holds a statement don't count: a declaration that moves from one file to another runs as before, so a report that was measured before holds.
 */
export function statementChanges(before: readonly string[], now: readonly string[]): StatementChanges {
  const old = before.flatMap(runningStatements);
  const current = now.flatMap(runningStatements);
  return { added: without(current, old).map(labelOf), removed: without(old, current).map(labelOf) };
}

/** The statements of a module that run, as JavaScript without comments and without the word "export". */
function runningStatements(source: string): readonly string[] {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      removeComments: true,
    },
  });
  const { statements } = ts.createSourceFile("module.js", outputText, ts.ScriptTarget.ESNext, true);
  return statements
    .filter((statement) => !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement))
    .map((statement) => statement.getText().replace(/^export (default )?/, ""));
}

/** The statements less those that also stand in `others`, each of which takes away one. */
function without(statements: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return statements.filter((statement) => {
    const count = left.get(statement) ?? 0;
    left.set(statement, count - 1);
    return count <= 0;
  });
}

/** The name that a statement declares, or its first line. */
function labelOf(statement: string): string {
  const declared = /^(?:async )?(?:function\*?|class|const|let|var) (\w+)/.exec(statement)?.[1];
  return declared ?? statement.split("\n", 1)[0] ?? "";
}
