import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path/posix";
import { addressOf, pages, root, titleOf } from "./pages.js";

/** Folders whose files all have a page, because readers of the pages want to see them. */
const WHOLE_FOLDERS = ["proto", "test/proof/reports"];
/** Larger files are shown without colours, since each colour takes more bytes of the page than the text. */
const MAX_COLOURED_CHARACTERS = 32 * 1024;
const LANGUAGES = { ".json": "json", ".proto": "proto", ".ts": "ts", ".js": "js", ".yaml": "yaml" };

/** The target of a link in a page, as a path from the root of the repository; undefined: it leads out of the repository or into its own page. */
export function targetOf(file, url) {
  if (/^(?:[a-z]+:|\/|#)/.test(url)) return undefined;
  const target = path.join(path.dirname(file), decodeURI(url.replace(/#.*$/, "")));
  return target.replace(/\/$/, "");
}

/** The address at which the site shows a file or folder of the repository that is not a page. */
export function addressOfShown(target) {
  return `/files/${target}/`;
}

/** The files and folders that the site shows: those that a page links to, and those of the whole folders. */
export function shownFiles() {
  const linked = pages.flatMap((file) => linkedFrom(file));
  const whole = WHOLE_FOLDERS.flatMap((folder) => filesBelow(folder));
  return [...new Set([...linked, ...whole])].filter((target) => !pages.includes(target)).sort();
}

function linkedFrom(file) {
  const text = readFileSync(`${root}${file}`, "utf8");
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
    .map(([, inline, reference]) => targetOf(file, inline ?? reference))
    .filter((target) => target !== undefined && existsSync(`${root}${target}`));
}

/** The files of a folder and of all folders below it. */
function filesBelow(folder) {
  const names = readdirSync(`${root}${folder}`, { recursive: true });
  return names
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((file) => statSync(`${root}${file}`).isFile());
}

/** The Markdown of the page that shows a file or lists a folder. */
export function shownMarkdown(target, shown) {
  return statSync(`${root}${target}`).isDirectory() ? folderMarkdown(target, shown) : fileMarkdown(target);
}

function fileMarkdown(target) {
  const text = readFileSync(`${root}${target}`, "utf8");
  const language = text.length > MAX_COLOURED_CHARACTERS ? "text" : (LANGUAGES[path.extname(target)] ?? "text");
  return `# \`${target}\`\n\n~~~~~~${language}\n${text}~~~~~~\n`;
}

function folderMarkdown(folder, shown) {
  const below = WHOLE_FOLDERS.includes(folder)
    ? filesBelow(folder)
    : readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`);
  const rows = below.sort().map((target) => `- ${entryMarkdown(target, path.relative(folder, target), shown)}`);
  return `# \`${folder}\`\n\nThis folder of the repository holds:\n\n${rows.join("\n")}\n`;
}

function entryMarkdown(target, name, shown) {
  if (pages.includes(target)) return `[${titleOf(target)}](${addressOf(target)})`;
  return shown.includes(target) ? `[\`${name}\`](${addressOfShown(target)})` : `\`${name}\``;
}
