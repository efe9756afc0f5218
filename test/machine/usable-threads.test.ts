import assert from "node:assert/strict";
import {
  cgroupQuota,
  parseCpuMax,
  parseQuotaAndPeriod,
  threadsFor,
  usableThreads,
} from "../../src/machine/usable-threads.js";

/** A file system with these files. */
const files =
  (texts: Record<string, string>) =>
  (path: string): string | undefined =>
    texts[path];

describe("usable threads", () => {
  it("reads version 2's quota and period", () => {
    assert.equal(parseCpuMax("200000 100000\n"), 2);
    assert.equal(parseCpuMax("50000 100000"), 0.5);
    assert.equal(parseCpuMax("max 100000\n"), undefined);
    assert.equal(parseCpuMax(""), undefined);
    assert.equal(parseCpuMax(undefined), undefined);
  });

  it("reads version 1's two files", () => {
    assert.equal(parseQuotaAndPeriod("150000\n", "100000\n"), 1.5);
    assert.equal(parseQuotaAndPeriod("-1\n", "100000\n"), undefined);
    assert.equal(parseQuotaAndPeriod(undefined, undefined), undefined);
  });

  it("takes whole cores of the quota, and one at least", () => {
    assert.equal(threadsFor(8, 3.9), 3);
    assert.equal(threadsFor(2, 4), 2);
    assert.equal(threadsFor(8, 0.5), 1);
    assert.equal(threadsFor(8, undefined), 8);
  });

  it("takes the smallest quota on the way to the root", () => {
    const read = files({
      "/proc/self/cgroup": "0::/pods/pod1/box\n",
      "/sys/fs/cgroup/pods/pod1/box/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/pods/pod1/cpu.max": "300000 100000\n",
      "/sys/fs/cgroup/pods/cpu.max": "800000 100000\n",
    });
    assert.equal(cgroupQuota(read), 3);
  });

  it("finds version 1's group among the others", () => {
    const read = files({
      "/proc/self/cgroup": "9:memory:/docker/ab\n4:cpu,cpuacct:/docker/cd\n",
      "/sys/fs/cgroup/cpu/docker/cd/cpu.cfs_quota_us": "250000\n",
      "/sys/fs/cgroup/cpu/docker/cd/cpu.cfs_period_us": "100000\n",
    });
    assert.equal(cgroupQuota(read), 2.5);
  });

  it("looks at the root, which is all that a container with a namespace of its own sees", () => {
    assert.equal(cgroupQuota(files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "100000 100000\n" })), 1);
  });

  it("knows no quota where there are no control groups", () => {
    assert.equal(cgroupQuota(files({})), undefined);
  });

  it("finds at least one on this machine", () => {
    assert.ok(usableThreads() >= 1);
  });
});
