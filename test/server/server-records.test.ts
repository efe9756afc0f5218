import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { Reloads } from "../../src/server/reloads.js";
import { ServerRecords } from "../../src/server/server-records.js";
import { RECORD_SETTINGS } from "../../src/settings/record-settings.js";
import { settle } from "../../src/settings/setting-values.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { LineFileRig } from "../records/line-file-rig.js";

const DEFAULTS = settle(RECORD_SETTINGS, []).values;
const ENDED = {
  tenant: "acme",
  subject: "ci",
  generationId: "g",
  requestId: undefined,
  labels: new Map<string, string>(),
  outcome: "end_of_turn",
  usage: { inputTokens: 1, reusedInputTokens: 0, outputTokens: 2, deliveredTokens: 2 },
} as const;

describe("ServerRecords", () => {
  it("takes no generations while the usage log fails and the operator wants it so, and takes them again later", () => {
    for (const usageLogFailure of ["refuse", "serve"] as const) {
      using rig = new LineFileRig();
      const { clock, log, path } = rig;
      const config = { ...DEFAULTS, usageLog: path, usageLogFailure };
      using records = new ServerRecords({ config, instanceId: "i", clock, log });
      const usage = records.usageOf({ digest: "d" });
      assert.ok(usage.isReady);
      rmSync(path);
      mkdirSync(path);
      clock.advance(1_000);
      usage.ended(ENDED);
      assert.equal(usage.isReady, usageLogFailure === "serve");
      assert.deepEqual(records.report.usageLog, { writtenLines: 0, waitingLines: 1, lostLines: 0 });
      rmdirSync(path);
      clock.advance(1_000);
      assert.ok(usage.isReady);
      assert.equal(rig.lines().length, 1);
      assert.deepEqual(records.report.tenantUsage, [
        { tenant: "acme", generations: 1, inputTokens: 1, reusedInputTokens: 0, outputTokens: 2 },
      ]);
    }
  });

  it("writes the audit trail of reloads to its file, to the log or nowhere", async () => {
    for (const auditLog of ["file", "log", "off"] as const) {
      using rig = new LineFileRig();
      const { clock, log, path } = rig;
      const config = { ...DEFAULTS, auditLog: auditLog === "file" ? path : auditLog };
      using records = new ServerRecords({ config, instanceId: "i", clock, log });
      const reloads = new Reloads(silentLogger);
      reloads.recordTo(records);
      reloads.add({ name: "tenants", reload: () => Promise.reject(new Error("a secret")) });
      await reloads.reloadAll();
      const logged = log.lines.map(({ fields }) => fields.audit as object | undefined);
      const filed = auditLog === "file" ? rig.lines().map((line) => JSON.parse(line) as object) : [];
      // As JSON, what is undefined is left out.
      const entries = JSON.parse(JSON.stringify([...logged, ...filed])) as { readonly action: string }[];
      const shown = entries.map((entry) => ({ ...entry, time: "then" }));
      const expected = { action: "reload", outcome: "failed", target: "tenants", time: "then" };
      assert.deepEqual(shown, auditLog === "off" ? [] : [expected]);
    }
  });
});
