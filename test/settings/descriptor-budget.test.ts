import assert from "node:assert/strict";
import {
  countOpenDescriptors,
  defaultConnections,
  findDescriptorProblems,
  parseDescriptorLimit,
  readDescriptorLimit,
  shareDescriptors,
} from "../../src/settings/descriptor-budget.js";

const LIMITS_FILE = `Limit                     Soft Limit           Hard Limit           Units
Max processes             15000                15000                processes
Max open files            1024                 4096                 files
`;

describe("The budget of descriptors", () => {
  it("leaves what the process has open and what its start needs, and shares the rest", () => {
    for (const limit of [256, 1_024, 20_000]) {
      const { connections, adminConnections } = shareDescriptors({ limit, open: 24 });
      assert.ok(connections >= 32 && adminConnections >= 12, `${limit}: ${connections} and ${adminConnections}`);
      assert.ok(connections + adminConnections + 24 + 170 <= limit);
    }
  });

  it("bounds the default where descriptors do not", () => {
    assert.equal(defaultConnections(shareDescriptors({ limit: undefined, open: undefined })), 4_096);
    assert.equal(defaultConnections(shareDescriptors({ limit: 1_048_576, open: 24 })), 4_096);
    assert.equal(shareDescriptors({ limit: undefined, open: 24 }).connections, Infinity);
  });

  it("takes what was inherited from the process's starter off", () => {
    const plain = shareDescriptors({ limit: 2_000, open: 24 });
    const laden = shareDescriptors({ limit: 2_000, open: 1_024 });
    assert.ok(plain.connections - laden.connections > 700);
  });

  it("refuses what does not fit, with the bound, and a process that can hold hardly any", () => {
    assert.deepEqual(findDescriptorProblems("auto", { limit: 1_024, open: 24 }), []);
    const { connections } = shareDescriptors({ limit: 1_024, open: 24 });
    assert.deepEqual(findDescriptorProblems(connections, { limit: 1_024, open: 24 }), []);
    const [problem = ""] = findDescriptorProblems(connections + 1, { limit: 1_024, open: 24 });
    assert.match(problem, new RegExp(`--max-connections ${connections + 1} is too many: .* 1024 .* ${connections} `));
    const [hopeless = ""] = findDescriptorProblems("auto", { limit: 200, open: 24 });
    assert.match(hopeless, /have 200 files and sockets .*; 16 is the least/);
  });

  it("reads the soft limit, and knows a system without one", () => {
    assert.equal(parseDescriptorLimit(LIMITS_FILE), 1_024);
    assert.equal(parseDescriptorLimit(LIMITS_FILE.replace("1024", "unlimited")), Infinity);
    assert.equal(parseDescriptorLimit("no such line"), undefined);
  });

  it("is read from this process", function () {
    if (process.platform === "win32") return this.skip();
    assert.ok((readDescriptorLimit() ?? Infinity) > 100);
    assert.ok((countOpenDescriptors() ?? 0) > 3);
  });
});
