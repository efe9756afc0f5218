import { readdirSync, readFileSync } from "node:fs";

/**
 * Returns the number of descriptors (files and sockets) that this process may have open at once, or undefined if the operating system sets no bound.
 * Node raises the soft limit to the hard one at its own start, so this is the hard limit that the process was started with, which it cannot raise.
 */
export function readDescriptorLimit(): number | undefined {
  const limit = limitOfProcFile() ?? limitOfReport();
  return limit !== undefined && Number.isFinite(limit) ? limit : undefined;
}

/** Returns the number of open descriptors, inherited ones included, or undefined if the operating system does not list them. */
export function countOpenDescriptors(): number | undefined {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return undefined;
  }
}

/** Reads the limit on Linux. */
function limitOfProcFile(): number | undefined {
  try {
    return parseDescriptorLimit(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** Returns the soft limit in the text of /proc/self/limits, Infinity for "unlimited", or undefined if the text does not name it. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Infinity : Number(soft);
}

/** Reads the limit on macOS and other systems without /proc, from a report that takes some ten milliseconds. */
function limitOfReport(): number | undefined {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
  };
  const soft = userLimits?.open_files?.soft;
  return soft === undefined ? undefined : Number(soft);
}
