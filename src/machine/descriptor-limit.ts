import { readdirSync, readFileSync } from "node:fs";

/**
 * The number of descriptors (files and sockets) that this process may have open at once; undefined where the operating system sets no such bound. Node
 * raises the soft limit to the hard one at its own start, so this is the hard limit that the process was started with, and nothing in it can raise it.
 */
export function readDescriptorLimit(): number | undefined {
  const limit = limitOfProcFile() ?? limitOfReport();
  return limit !== undefined && Number.isFinite(limit) ? limit : undefined;
}

/** How many descriptors are open now, those that were inherited included; undefined where the operating system does not list them. */
export function countOpenDescriptors(): number | undefined {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return undefined;
  }
}

/** Linux. */
function limitOfProcFile(): number | undefined {
  try {
    return parseDescriptorLimit(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** The soft limit in the text of /proc/self/limits, Infinity for "unlimited"; undefined where the text does not name it. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Infinity : Number(soft);
}

/** macOS and others without /proc: some ten milliseconds for the whole report. */
function limitOfReport(): number | undefined {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
  };
  const soft = userLimits?.open_files?.soft;
  return soft === undefined ? undefined : Number(soft);
}
