import { writeFile } from "node:fs/promises";
import { ReleaseFiles } from "../../support/release-files.js";
import { FAMILIES } from "./families.js";
import { FamilyTemplate, goldenPath } from "./golden-prompt.js";

/** Writes the golden prompts anew: to be read before they are committed. */
await using files = await ReleaseFiles.open();
for (const family of FAMILIES) {
  await using loaded = await FamilyTemplate.load(family, files);
  await writeFile(goldenPath(family), loaded.scenes());
}
