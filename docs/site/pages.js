import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The navigation: groups of pages by their files in the repository, in the order of reading. */
const GROUPS = [
  { text: "Rill", files: ["README.md", "docs/comparison.md", "docs/glossary.md"] },
  {
    text: "What calls do",
    files: [
      "docs/streaming.md",
      "docs/generating.md",
      "docs/structured-output.md",
      "docs/tools.md",
      "docs/reasoning.md",
      "docs/sessions.md",
    ],
  },
  { text: "Writing a client", files: ["docs/clients.md", "docs/errors.md", "docs/api.md"] },
  {
    text: "Running a server",
    files: [
      "docs/operating.md",
      "docs/identity.md",
      "docs/tls.md",
      "docs/tenants.md",
      "docs/configuration.md",
      "docs/cli.md",
      "docs/proxies.md",
      "docs/security.md",
      "docs/performance.md",
    ],
  },
  { text: "Changing Rill", files: ["CONTRIBUTING.md", "src/README.md", "SECURITY.md", "CHANGELOG.md"] },
  { text: "Decisions", files: pagesIn("docs/decisions"), collapsed: true },
  { text: "Experiments", files: pagesIn("docs/experiments"), collapsed: true },
];

/** Titles that are shorter or plainer in the navigation than at the head of their page. */
const SHORT_TITLES = {
  "README.md": "Start here",
  "docs/proxies.md": "Behind a proxy",
  "src/README.md": "Map of the code",
  "SECURITY.md": "Report a weakness",
};

function pagesIn(folder) {
  const names = readdirSync(`${root}${folder}`).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** Every page of the site, by its file in the repository. */
export const pages = GROUPS.flatMap(({ files }) => files);

/** @throws Error when a page under docs/ is in no group, or a group names a page that does not exist */
export function checkGroups() {
  const missing = pages.filter((file) => !existsSync(`${root}${file}`));
  if (missing.length > 0) throw new Error(`docs/site/pages.js names pages that do not exist: ${missing.join(", ")}`);
  const forgotten = pagesIn("docs").filter((file) => !pages.includes(file));
  if (forgotten.length > 0) throw new Error(`docs/site/pages.js has no place for ${forgotten.join(", ")}`);
}

/** Where the site has a page, for example `docs/a/b.md` at `a/b.md`. Pages outside docs/ lie beside them. */
export function placeOf(file) {
  if (file === "README.md") return "index.md";
  if (file === "src/README.md") return "source.md";
  // docs/security.md has the name that this page would get.
  if (file === "SECURITY.md") return "report-a-weakness.md";
  return file.replace(/^docs\/(?:site\/)?/, "").replace(/^[A-Z]+\.md$/, (name) => name.toLowerCase());
}

/** The address of a page below the base of the site. */
export function addressOf(file) {
  return `/${placeOf(file)}`.replace(/(?:index)?\.md$/, (end) => (end === ".md" ? ".html" : ""));
}

export function titleOf(file) {
  return SHORT_TITLES[file] ?? /^# (.+)$/m.exec(readFileSync(`${root}${file}`, "utf8"))?.[1] ?? file;
}

/** The navigation as VitePress takes it. */
export function sidebar() {
  return GROUPS.map(({ files, ...group }) => ({
    ...group,
    items: files.map((file) => ({ text: titleOf(file), link: addressOf(file) })),
  }));
}
