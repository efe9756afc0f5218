/**
 * Builds the documentation as a site and serves it on the loopback address.
 * Usage: npm run docs -- [--build-only] [--base /PATH/] [--port PORT]
 */
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const folder = fileURLToPath(new URL(".", import.meta.url));
const { values: flags } = parseArgs({
  options: {
    "build-only": { type: "boolean", default: false },
    base: { type: "string", default: "/" },
    port: { type: "string", default: "4173" },
  },
});

if (!isInstalled()) {
  console.log("installing the site generator (docs/site/node_modules)");
  // npm is a script on Windows, which only a shell starts. None of the packages needs a script of its own.
  const options = { cwd: folder, stdio: "inherit", shell: process.platform === "win32" };
  execFileSync("npm", ["ci", "--ignore-scripts"], options);
}

// What imports packages can be loaded only after the installation.
const { build } = await import("vitepress");
const { checkDiagrams } = await import("./diagrams.js");
try {
  await checkDiagrams();
  await build(folder, { base: flags.base });
  if (!flags["build-only"]) await serve();
} catch (fault) {
  console.error(`FAILED: ${fault.message}`);
  process.exitCode = 1;
}

/** npm writes its own copy of the lock file at the end of each installation. */
function isInstalled() {
  const installed = `${folder}node_modules/.package-lock.json`;
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs;
}

/** Serves what was built. VitePress has a command for that too, but it listens on every address of the machine. */
async function serve() {
  const { preview } = await import("vite");
  const server = await preview({
    root: folder,
    base: flags.base,
    configFile: false,
    appType: "mpa",
    build: { outDir: "dist" },
    preview: { host: "127.0.0.1", port: Number(flags.port) },
  });
  console.log("the documentation is served at");
  server.printUrls();
}
