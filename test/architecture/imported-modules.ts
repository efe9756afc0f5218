import ts from "typescript";

/** What a module names: each specifier once, in order of appearance. */
export function importedModules(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const specifiers = new Set<string>();
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) specifiers.add(specifier);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...specifiers];
}

/** The module that one node names: by import, export … from, import(), import type, require() or new URL(…, import.meta.url). */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return textOf(node.expression);
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined;
  if (ts.isCallExpression(node) && isLoading(node.expression)) return textOf(node.arguments[0]);
  if (ts.isNewExpression(node) && node.expression.getText() === "URL") return moduleUrlOf(node);
  return undefined;
}

function isLoading(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require");
}

/** A worker's entry is named by URL; other files beside a module are no modules. */
function moduleUrlOf(node: ts.NewExpression): string | undefined {
  const [relative, base] = node.arguments ?? [];
  const specifier = textOf(relative);
  return base?.getText() === "import.meta.url" && specifier !== undefined && /\.c?js$/.test(specifier)
    ? specifier
    : undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}
