import assert from "node:assert/strict";
import { Reloads } from "../../src/server/reloads.js";
import { RecordingLogger } from "../scheduler/recording-logger.js";

describe("reloads", () => {
  it("reload every part in order, also after one that fails", async () => {
    const log = new RecordingLogger();
    const reloads = new Reloads(log);
    const reloaded: string[] = [];
    const part = (name: string, fault?: Error): Disposable =>
      reloads.add({
        name,
        reload: () => {
          reloaded.push(name);
          return fault === undefined ? Promise.resolve() : Promise.reject(fault);
        },
      });
    using _certificates = part("certificates", new Error("cert.pem is empty"));
    const tenants = part("tenants");
    await reloads.reloadAll();
    tenants[Symbol.dispose]();
    await reloads.reloadAll();
    assert.deepEqual(reloaded, ["certificates", "tenants", "certificates"]);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [
        ["error", "the reload failed, and the old contents stay in use"],
        ["info", "reloaded"],
        ["error", "the reload failed, and the old contents stay in use"],
      ],
    );
  });

  it("runs one reload at a time", async () => {
    const reloads = new Reloads(new RecordingLogger());
    let running = 0;
    let most = 0;
    using _part = reloads.add({
      name: "slow",
      reload: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    await Promise.all([reloads.reloadAll(), reloads.reloadAll(), reloads.reloadAll()]);
    assert.equal(most, 1);
  });
});
