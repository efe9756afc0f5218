import { importedModules } from "./imported-modules.js";
import { resolveImport, type SourceFiles } from "./import-rules.js";

/** Every cycle of imports that a walk through the files meets, as `a → b → a`; types count like values. */
export function findImportCycles(files: SourceFiles): readonly string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      cycles.push([...trail.slice(start), file].join(" → "));
      return;
    }
    const text = files.get(file);
    if (text === undefined || finished.has(file)) return;
    for (const specifier of importedModules(file, text)) {
      if (specifier.startsWith(".")) visit(resolveImport(file, specifier), [...trail, file]);
    }
    finished.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return cycles;
}
