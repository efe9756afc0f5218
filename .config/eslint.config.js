import { readFileSync } from "node:fs";
import { defineConfig, globalIgnores } from "eslint/config";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import { docComments } from "./doc-comments.js";

/** The rank table of the rooms under src/; test/architecture holds the same file against every import. */
const { rooms, workerThreads } = JSON.parse(readFileSync(new URL("./rooms.json", import.meta.url), "utf8"));

const typescriptFiles = ["src/**/*.{ts,cts}", "test/**/*.ts"];
const governedPackages = [...new Set(rooms.flatMap((room) => room.packages))];

/** Escapes a package or folder name for use inside a regular expression. */
const escaped = (name) => name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");

const alternatives = (names) => `(?:${names.map(escaped).join("|")})`;

/** How deep below src/ files lie: each depth has the number of `../` that leads out of its room. */
const depths = [0, 1, 2, 3];

/** What the files of one room that lie `depth` folders deep must not import: rooms that are not below it, and packages that belong to others. */
function forbiddenImports(room, depth) {
  const up = depth === 0 ? "^\\./" : `^(?:\\.\\./){${depth}}`;
  const out = `^(?:\\.\\./){${depth + 1}}`;
  const closedRooms = rooms.filter((other) => other !== room && other.rank >= room.rank);
  const closedFolders = closedRooms.flatMap((other) => other.folders).filter((folder) => folder !== ".");
  const closedPackages = governedPackages.filter((name) => !room.packages.includes(name));
  const patterns = [
    { regex: `^${alternatives(closedPackages)}(?:/|$)`, message: `This package does not belong to ${room.name}.` },
    { regex: `${out}test/`, message: "The product does not import its tests." },
  ];
  if (closedFolders.length > 0) {
    patterns.push({
      regex: `${up}${alternatives(closedFolders)}/`,
      message: `An import points to a lower rank or stays in its room (${room.name} has rank ${room.rank}).`,
    });
  }
  if (closedRooms.some(({ folders }) => folders.includes("."))) {
    patterns.push({ regex: `${up}main\\.js$`, message: "The composition imports the rooms, not they it." });
  }
  if (!room.generated) {
    patterns.push({ regex: `${out}generated/`, message: `Generated code is not open to ${room.name}.` });
  }
  if (!room.builtins) {
    patterns.push({ regex: "^node:", message: `${room.name}/ imports nothing.` });
  } else if (!workerThreads.includes(room.name)) {
    patterns.push({ regex: "^node:worker_threads$", message: `Threads start in ${workerThreads.join(", ")} only.` });
  }
  return patterns;
}

/** The globs of a room's files that lie `depth` folders below src/; "." stands for the files directly under src/. */
function filesAt(room, depth) {
  if (room.folders.includes(".")) return depth === 0 ? ["src/*.ts"] : [];
  return depth === 0 ? [] : room.folders.map((folder) => `src/${folder}/${"*/".repeat(depth - 1)}*.{ts,cts}`);
}

const roomConfigs = rooms.flatMap((room) =>
  depths
    .filter((depth) => filesAt(room, depth).length > 0)
    .map((depth) => ({
      name: `rill/room/${room.name}/${depth}`,
      files: filesAt(room, depth),
      rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: forbiddenImports(room, depth) }] },
    })),
);

export default defineConfig(
  globalIgnores(["dist*/", "coverage/", "generated/", "docs/site/dist/"]),
  {
    name: "rill/typescript",
    files: typescriptFiles,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { "import-x": importX },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/max-params": ["error", { max: 3 }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "import-x/no-default-export": "error",
      eqeqeq: "error",
      // Files that are not one class are held to 300 by test/architecture.
      "max-lines": ["error", { max: 400 }],
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"], location: "anywhere" }],
      "no-restricted-properties": [
        "error",
        { object: "AbortSignal", property: "any", message: "It leaks while a source lives: link signals by sync/." },
        { object: "process", property: "env", message: "Only settings/config.ts reads the environment." },
      ],
    },
  },
  ...roomConfigs,
  {
    name: "rill/doc-comments",
    files: ["src/**/*.{ts,cts}"],
    plugins: { "doc-comments": docComments },
    rules: { "doc-comments/first-words": "error" },
  },
  {
    name: "rill/no-console",
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**"],
    rules: { "no-console": "error" },
  },
  {
    name: "rill/folders",
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.name=/^mkdir(?:Sync)?$/] Property[key.name='recursive']",
          message: "makeFolders of machine/ makes folders one at a time: Node's own way never returns below /proc.",
        },
        {
          selector: "ImportDeclaration[importKind='value'][source.value='kysely']",
          message:
            "Import values from sessions/database/kysely.ts: as an ES module the package opens 280 files at once.",
        },
      ],
    },
  },
  {
    name: "rill/environment-readers",
    files: ["src/settings/config.ts", "src/cli/launcher.cts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "AbortSignal", property: "any", message: "It leaks while a source lives: link signals by sync/." },
      ],
    },
  },
  {
    name: "rill/tests",
    files: ["test/**/*.ts"],
    rules: {
      // A double answers a promise-shaped interface at once, and does nothing where nothing is looked at.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-empty-function": "off",
      "no-restricted-properties": [
        "error",
        { object: "describe", property: "only" },
        { object: "it", property: "only" },
        { object: "describe", property: "skip", message: "Skip at run time, with the reason: this.skip()." },
        { object: "it", property: "skip", message: "Skip at run time, with the reason: this.skip()." },
      ],
    },
  },
  {
    name: "rill/settings",
    files: [".config/*.js"],
    languageOptions: { globals: { URL: "readonly" } },
    rules: { "max-lines": ["error", { max: 300 }], "no-undef": "error", "no-unused-vars": "error" },
  },
  {
    name: "rill/site",
    files: ["docs/site/**/*.js"],
    languageOptions: { globals: { URL: "readonly", console: "readonly", process: "readonly" } },
    plugins: { "doc-comments": docComments },
    rules: {
      "doc-comments/first-words": "error",
      "max-lines": ["error", { max: 300 }],
      "no-undef": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
);
