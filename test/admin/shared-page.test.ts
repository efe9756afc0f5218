import assert from "node:assert/strict";
import { SharedPage } from "../../src/admin/shared-page.js";
import { ManualClock } from "../support/manual-clock.js";

describe("A shared page", () => {
  it("is made once for all who ask in one turn of the event loop, and anew for those who come later", async () => {
    let made = 0;
    const page = new SharedPage(() => Promise.resolve(`page ${(made += 1)}`), new ManualClock());
    assert.deepEqual(await Promise.all([page.ask(), page.ask(), page.ask()]), ["page 1", "page 1", "page 1"]);
    assert.equal(await page.ask(), "page 2");
  });

  it("rests four times as long as it took before it is made again", async () => {
    const clock = new ManualClock();
    let made = 0;
    const page = new SharedPage(() => {
      clock.advance(10);
      return Promise.resolve(`page ${(made += 1)}`);
    }, clock);
    await page.ask();
    const later = [page.ask(), page.ask()];
    clock.advance(39);
    await new Promise(setImmediate);
    assert.equal(made, 1);
    clock.advance(1);
    assert.deepEqual(await Promise.all(later), ["page 2", "page 2"]);
  });

  it("fails for those who asked for it when it cannot be made, and is made again for the next", async () => {
    let fails = true;
    const page = new SharedPage(
      () => (fails ? Promise.reject(new Error("broken")) : Promise.resolve("page")),
      new ManualClock(),
    );
    await assert.rejects(page.ask(), /broken/);
    fails = false;
    assert.equal(await page.ask(), "page");
  });
});
