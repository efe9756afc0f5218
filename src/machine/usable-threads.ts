import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** Cores that this process may use: those it may be scheduled on, cut by a container's quota. At least 1. Reads files: call it at the start only. */
export function usableThreads(): number {
  const quota = cgroupQuota((path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // No such file: not Linux, the other version of cgroups, or a level above the container's own.
      return undefined;
    }
  });
  return threadsFor(availableParallelism(), quota);
}

/** Whole cores of a quota: a thread that is throttled half of the time holds up all others at every barrier. */
export function threadsFor(cores: number, quota: number | undefined): number {
  return Math.max(1, Math.min(cores, Math.floor(quota ?? cores)));
}

/**
 * The smallest quota on the way from this process's control group to the root, in cores; undefined: none is set.
 * @param read a file's text, undefined where there is none
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

/** Version 2: "200000 100000" is two cores, "max 100000" no quota. */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period] = text?.trim().split(/\s+/) ?? [];
  return parseQuotaAndPeriod(quota, period);
}

/** Version 1: microseconds of running time in each period; -1 is no quota. */
export function parseQuotaAndPeriod(quota: string | undefined, period: string | undefined): number | undefined {
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

/** The path of the group that a line such as `4:cpu,cpuacct:/docker/ab` names; version 2 has one line, without controllers. */
function groupPath(membership: string, controller: string): string {
  for (const line of membership.split("\n")) {
    const [, controllers = "-", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers.split(",").includes(controller)) return path;
  }
  return "/";
}

/** "/a/b" lies in "/a/b", "/a" and "/". */
function levelsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, index) => `/${parts.slice(0, parts.length - index).join("/")}`);
}
