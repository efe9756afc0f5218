import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What llama.cpp has binaries for, beside those for processors. */
export type Gpu = "metal" | "cuda" | "vulkan";

/** Where a binary is looked for. */
export interface BindingPlace {
  /** As Node spells them. */
  readonly platform: string;
  readonly arch: string;
  /** The binding's own module; packages are found from there. */
  readonly bindingUrl: string;
}

const SYSTEMS: Readonly<Record<string, string>> = { darwin: "mac", win32: "win" };
const { platform, arch } = process;
const HERE: BindingPlace = { platform, arch, bindingUrl: import.meta.resolve("node-llama-cpp") };

/**
 * The npm packages, each as `name@version`, that bring llama.cpp's binary for a GPU to this platform, at the version that the binding asks for. The lock
 * file leaves them out for their size; `npm run gpu` installs them. Empty where there are none, and for Metal: it is in the one binary for its platform.
 */
export function gpuPackages(gpu: Gpu, place: BindingPlace = HERE): readonly string[] {
  if (gpu === "metal") return [];
  const name = `@node-llama-cpp/${SYSTEMS[place.platform] ?? place.platform}-${place.arch}-${gpu}`;
  const manifest = new URL("../package.json", place.bindingUrl);
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  return Object.entries(optionalDependencies)
    .filter(([dependency]) => dependency === name || dependency === `${name}-ext`)
    .map(([dependency, version]) => `${dependency}@${version}`);
}

/** Why llama.cpp did not start on this GPU, and what to do, as far as the installed packages tell. */
export function explainMissingGpu(gpu: Gpu, place: BindingPlace = HERE): string {
  const packages = gpuPackages(gpu, place);
  if (packages.length === 0) return `there is no binary for ${gpu} on ${place.platform} with ${place.arch}`;
  const require = createRequire(place.bindingUrl);
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
