// Installs llama.cpp's binaries for a GPU beside what the lock file installs, and takes away those that are not named:
//   gpu cuda|vulkan … [flags of npm install]
// package.json and the lock file stay as they are, so `npm ci` takes them away again.
import { spawnSync } from "node:child_process";
import { gpuPackages } from "../dist/src/machine/gpu-packages.js";

const { npm_execpath: npm } = process.env;
const gpus = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const flags = process.argv.slice(2).filter((word) => word.startsWith("-"));
if (npm === undefined || gpus.length === 0 || !gpus.every((gpu) => gpu === "cuda" || gpu === "vulkan")) {
  fail(2, "usage: npm run gpu -- cuda|vulkan …");
}
for (const gpu of gpus) {
  if (gpuPackages(gpu).length === 0)
    fail(1, `there is no binary for ${gpu} on ${process.platform} with ${process.arch}`);
}

const packages = gpus.flatMap((gpu) => gpuPackages(gpu));
const { status } = spawnSync(process.execPath, [npm, "install", "--no-save", ...flags, ...packages], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;

function fail(code, message) {
  console.error(message);
  process.exit(code);
}
