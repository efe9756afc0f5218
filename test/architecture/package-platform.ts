/** Where npm is to install an optional package. */
export interface PackagePlatform {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

const SYSTEMS: Readonly<Record<string, string>> = {
  ...{ aix: "aix", android: "android", darwin: "darwin", freebsd: "freebsd", linux: "linux", mac: "darwin" },
  ...{ netbsd: "netbsd", openbsd: "openbsd", openharmony: "openharmony", sunos: "sunos", win: "win32", win32: "win32" },
};
const PROCESSORS: Readonly<Record<string, string>> = {
  ...{ aarch64: "arm64", arm: "arm", arm64: "arm64", armv7: "arm", armv7l: "arm", ia32: "ia32", loong64: "loong64" },
  ...{ ppc64: "ppc64", riscv64: "riscv64", s390x: "s390x", wasm32: "wasm32", x64: "x64" },
};

/** Read from a package's name, such as `@scope/linux-x64`. */
export function platformInName(name: string): PackagePlatform {
  const words = name.slice(name.indexOf("/") + 1).split("-");
  const os = words.map((word) => SYSTEMS[word]).find((found) => found !== undefined);
  const cpu = words.map((word) => PROCESSORS[word]).find((found) => found !== undefined);
  return { ...(cpu === undefined ? {} : { cpu: [cpu] }), ...(os === undefined ? {} : { os: [os] }) };
}

/**
 * Where the lock file is to install a package of llama.cpp's binaries; undefined: the package is none. Those for NVIDIA and Vulkan are large and
 * of no use without a GPU: `none` is no system, so npm takes them only when asked by name (`npm run gpu`). Those for ARM say of themselves that
 * they are for x64 too, where nothing loads them.
 */
export function bindingPlatform(name: string): PackagePlatform | undefined {
  if (!name.startsWith("@node-llama-cpp/")) return undefined;
  const platform = platformInName(name);
  return /-(?:cuda|cuda-ext|vulkan)$/.test(name) ? { ...platform, os: ["none"] } : platform;
}
