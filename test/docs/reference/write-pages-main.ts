/** Writes the pages of docs/ that come from the commands, from the settings and from the protos. Usage: npm run docs:generate */
import { writeFileSync } from "node:fs";
import { REFERENCE_PAGES, renderReferencePage } from "./reference-pages.js";

for (const path of Object.keys(REFERENCE_PAGES)) {
  writeFileSync(path, await renderReferencePage(path));
  console.log(path);
}
