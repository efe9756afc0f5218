import { format, resolveConfig } from "prettier";
import { apiPage } from "./api-page.js";
import { cliPage } from "./cli-page.js";
import { configurationPage } from "./configuration-page.js";
import { performancePage } from "./performance-page.js";

/** The pages that are written from the product's own tables, the last one in part, by their paths from the root of the repository. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/api.md": apiPage,
  "docs/cli.md": cliPage,
  "docs/configuration.md": configurationPage,
  "docs/performance.md": performancePage,
};

/** Writes a page from today's tables, wrapped and formatted as the repository's other pages. */
export async function renderReferencePage(path: string): Promise<string> {
  const write = REFERENCE_PAGES[path];
  if (write === undefined) throw new Error(`${path} is not written from tables`);
  return await format(await write(), { ...(await resolveConfig(path)), filepath: path, proseWrap: "always" });
}
