import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The GPU interfaces that llama.cpp has binaries for. */
export type Gpu = "metal" | "cuda" | "vulkan";

/** The system that a binary is for, and the module that looks for it. */
export interface BindingTarget {
  /** As Node spells them. */
  readonly platform: string;
  readonly arch: string;
  /** The binding's own module, from which packages are resolved. */
  readonly bindingUrl: string;
}

const SYSTEMS: Readonly<Record<string, string>> = { darwin: "mac", win32: "win" };
const { platform, arch } = process;
const HERE: BindingTarget = { platform, arch, bindingUrl: import.meta.resolve("node-llama-cpp") };

/**
 * Returns the npm packages, each as `name@version`, with llama.cpp's binary for a GPU on this platform, at the version that the binding asks for. The
 * lock file leaves them out for their size, and `npm run gpu` installs them. Metal needs none: it is in the one binary for its platform.
 */
export function gpuPackages(gpu: Gpu, target: BindingTarget = HERE): readonly string[] {
  if (gpu === "metal") return [];
  const name = `@node-llama-cpp/${SYSTEMS[target.platform] ?? target.platform}-${target.arch}-${gpu}`;
  const manifest = new URL("../package.json", target.bindingUrl);
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  return Object.entries(optionalDependencies)
    .filter(([dependency]) => dependency === name || dependency === `${name}-ext`)
    .map(([dependency, version]) => `${dependency}@${version}`);
}

/** Says why llama.cpp did not start on this GPU and what to do, as far as the installed packages tell. */
export function explainMissingGpu(gpu: Gpu, target: BindingTarget = HERE): string {
  const packages = gpuPackages(gpu, target);
  if (packages.length === 0) return `there is no binary for ${gpu} on ${target.platform} with ${target.arch}`;
  const require = createRequire(target.bindingUrl);
  const missing = packages.filter((spec) => !isInstalled(spec.slice(0, spec.lastIndexOf("@")), require));
  if (missing.length === 0) return `its packages are installed, so a driver or a library for ${gpu} must be missing`;
  const all = packages.join(" ");
  return `not installed: ${missing.join(", ")}; run \`npm run gpu -- ${gpu}\` in a clone, \`npm install --save-exact --omit=optional ${all}\` where npm installed rill`;
}

function isInstalled(name: string, require: NodeJS.Require): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
