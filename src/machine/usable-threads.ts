import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/**
 * Returns the number of cores that this process may use, at least 1: those that it may be scheduled on, cut by a container's quota. It reads files,
 * so it is called at the start only.
 */
export function usableThreads(): number {
  const quota = cgroupQuota((path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // The file is missing outside Linux, with the other version of cgroups, and above the container's own level.
      return undefined;
    }
  });
  return threadsFor(availableParallelism(), quota);
}

/** Returns the whole cores of a quota, because a thread that is throttled half of the time delays all others at every barrier. */
export function threadsFor(cores: number, quota: number | undefined): number {
  return Math.max(1, Math.min(cores, Math.floor(quota ?? cores)));
}

/**
 * Returns the smallest quota, in cores, from this process's control group up to the root, or undefined if none is set.
 * @param read returns a file's text, or undefined if there is no such file
 */
export function cgroupQuota(read: (path: string) => string | undefined): number | undefined {
  const membership = read("/proc/self/cgroup") ?? "";
  const quotas = levelsOf(groupPath(membership, "")).map((level) => parseCpuMax(read(join(ROOT, level, "cpu.max"))));
  for (const level of levelsOf(groupPath(membership, "cpu"))) {
    const folder = join(ROOT, "cpu", level);
    quotas.push(parseQuotaAndPeriod(read(join(folder, "cpu.cfs_quota_us")), read(join(folder, "cpu.cfs_period_us"))));
  }
  const set = quotas.filter((quota) => quota !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

/** Parses the format of version 2: "200000 100000" is two cores, and "max 100000" is no quota. */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period] = text?.trim().split(/\s+/) ?? [];
  return parseQuotaAndPeriod(quota, period);
}

/** Parses the format of version 1: microseconds of running time in each period. -1 is no quota. */
export function parseQuotaAndPeriod(quota: string | undefined, period: string | undefined): number | undefined {
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

/** Returns the path of the group that a line such as `4:cpu,cpuacct:/docker/ab` names. Version 2 has one line, without controllers. */
function groupPath(membership: string, controller: string): string {
  for (const line of membership.split("\n")) {
    const [, controllers = "-", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers.split(",").includes(controller)) return path;
  }
  return "/";
}

/** Returns the group and all groups above it: "/a/b", "/a" and "/" for "/a/b". */
function levelsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, index) => `/${parts.slice(0, parts.length - index).join("/")}`);
}
