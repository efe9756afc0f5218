import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { explainMissingGpu, gpuPackages, type BindingTarget } from "../../src/machine/gpu-packages.js";

const OPTIONAL = {
  "@node-llama-cpp/linux-x64": "3.1.4",
  "@node-llama-cpp/linux-x64-cuda": "3.1.4",
  "@node-llama-cpp/linux-x64-cuda-ext": "3.1.4",
  "@node-llama-cpp/linux-x64-vulkan": "3.1.4",
  "@node-llama-cpp/win-x64-vulkan": "3.1.4",
  "@node-llama-cpp/mac-arm64-metal": "3.1.4",
};

describe("GPU packages", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-gpu-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** An installed rill on Linux: its own packages below it, these others beside it. */
  const installed = async (...beside: readonly string[]): Promise<BindingTarget> => {
    const root = await mkdtemp(join(folder, "place-"));
    const binding = join(root, "node_modules/rill/node_modules/node-llama-cpp");
    await writePackage(binding, { name: "node-llama-cpp", optionalDependencies: OPTIONAL });
    for (const name of beside) await writePackage(join(root, "node_modules", name), { name });
    return { platform: "linux", arch: "x64", bindingUrl: pathToFileURL(join(binding, "dist/index.js")).href };
  };

  it("are those that the binding names for the platform and the GPU, at its version", async () => {
    const place = await installed();
    assert.deepEqual(gpuPackages("cuda", place), [
      "@node-llama-cpp/linux-x64-cuda@3.1.4",
      "@node-llama-cpp/linux-x64-cuda-ext@3.1.4",
    ]);
    assert.deepEqual(gpuPackages("vulkan", place), ["@node-llama-cpp/linux-x64-vulkan@3.1.4"]);
    assert.deepEqual(gpuPackages("vulkan", { ...place, platform: "win32" }), ["@node-llama-cpp/win-x64-vulkan@3.1.4"]);
    assert.deepEqual(gpuPackages("cuda", { ...place, arch: "arm64" }), []);
    assert.deepEqual(gpuPackages("metal", { ...place, platform: "darwin", arch: "arm64" }), []);
  });

  it("are, over all platforms, exactly those that the lock file leaves out", async () => {
    const bindingUrl = import.meta.resolve("node-llama-cpp");
    const named = ["linux", "win32", "darwin"].flatMap((platform) =>
      ["x64", "arm64", "arm", "riscv64"].flatMap((arch) =>
        (["cuda", "vulkan", "metal"] as const).flatMap((gpu) => gpuPackages(gpu, { platform, arch, bindingUrl })),
      ),
    );
    const lock = await readFile(fileURLToPath(new URL("../../../package-lock.json", import.meta.url)), "utf8");
    const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, LockEntry>> };
    const leftOut = Object.entries(packages)
      .filter(([, { os }]) => os?.includes("none"))
      .map(([place, { version }]) => `${place.replace("node_modules/", "")}@${version}`);
    assert.ok(leftOut.length > 0);
    assert.deepEqual(named.sort(), leftOut.sort());
  });

  it("are named with the command that installs them while one is missing, and no longer once they are found", async () => {
    assert.equal(
      explainMissingGpu("cuda", await installed()),
      "not installed: @node-llama-cpp/linux-x64-cuda@3.1.4, @node-llama-cpp/linux-x64-cuda-ext@3.1.4; " +
        "run `npm run gpu -- cuda` in a clone, `npm install --save-exact --omit=optional " +
        "@node-llama-cpp/linux-x64-cuda@3.1.4 @node-llama-cpp/linux-x64-cuda-ext@3.1.4` where npm installed rill",
    );
    const cuda = "@node-llama-cpp/linux-x64-cuda";
    assert.match(
      explainMissingGpu("cuda", await installed(cuda)),
      /^not installed: @node-llama-cpp\/linux-x64-cuda-ext@3\.1\.4;/,
    );
    assert.match(
      explainMissingGpu("cuda", await installed(cuda, `${cuda}-ext`)),
      /^its packages are installed, so a driver/,
    );
  });

  it("are not offered where there are none", async () => {
    const place = await installed();
    assert.equal(explainMissingGpu("metal", place), "there is no binary for metal on linux with x64");
    const arm = { ...place, arch: "arm64" };
    assert.equal(explainMissingGpu("vulkan", arm), "there is no binary for vulkan on linux with arm64");
  });
});

interface LockEntry {
  readonly version: string;
  readonly os?: readonly string[];
}

/** A package whose only module, at dist/index.js, is an ES module as the binding's packages have. */
async function writePackage(folder: string, manifest: object): Promise<void> {
  const module = join(folder, "dist/index.js");
  await mkdir(dirname(module), { recursive: true });
  await writeFile(module, "");
  const entry = { type: "module", exports: { ".": { import: "./dist/index.js", node: "./dist/index.js" } } };
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, ...entry }));
}
