import ts from "typescript";
import type { SourceFiles } from "./import-rules.js";

/** Every name under which more than one type (class, interface, alias or enum) is declared, exported or not: one line each, with the files. */
export function findDoubledTypeNames(files: SourceFiles): readonly string[] {
  const filesByName = new Map<string, string[]>();
  for (const [file, text] of files) {
    for (const name of declaredTypeNames(file, text)) {
      filesByName.set(name, [...(filesByName.get(name) ?? []), file]);
    }
  }
  return [...filesByName]
    .filter(([, declaring]) => declaring.length > 1)
    .map(([name, declaring]) => `${name} is declared in ${declaring.join(" and in ")}`)
    .sort();
}

/** Declarations in functions and namespaces count like those of the file itself. */
function declaredTypeNames(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (declaresType(node) && node.name !== undefined) names.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function declaresType(node: ts.Node): node is ts.DeclarationStatement & { readonly name?: ts.Identifier } {
  return (
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}
