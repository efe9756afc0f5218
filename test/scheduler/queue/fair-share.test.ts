import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lane } from "../../../src/core/generation-request.js";
import { FairShare } from "../../../src/scheduler/queue/fair-share.js";

/** The order of `count` grants while the given lanes always want slots. */
function grants(share: FairShare<Lane>, wanting: readonly Lane[], count: number): Lane[] {
  return Array.from({ length: count }, () => {
    const lane = share.choose((candidate) => wanting.includes(candidate));
    assert.ok(lane !== undefined);
    share.charge(lane);
    return lane;
  });
}

const initials = (lanes: readonly Lane[]): string => lanes.map((lane) => lane.charAt(0)).join("");

describe("FairShare", () => {
  it("gives three slots to interactive for each one to batch while both want them", () => {
    const share = new FairShare({ interactive: 3, batch: 1 });
    assert.equal(initials(grants(share, ["interactive", "batch"], 12)), "ibiiibiiibii");
  });

  it("chooses nobody when nobody wants a slot", () => {
    assert.equal(
      new FairShare({ interactive: 3, batch: 1 }).choose(() => false),
      undefined,
    );
  });

  it("lets an idle lane bank no credit", () => {
    const share = new FairShare({ interactive: 3, batch: 1 });
    grants(share, ["interactive"], 1_000);
    assert.equal(initials(grants(share, ["interactive", "batch"], 8)), "biiibiii");
    grants(share, ["batch"], 1_000);
    assert.equal(initials(grants(share, ["interactive", "batch"], 8)), "iiiibiii");
  });

  it("remembers who has just been served when the other lane comes", () => {
    const share = new FairShare({ interactive: 1, batch: 1 });
    share.charge("interactive");
    assert.equal(
      share.choose(() => true),
      "batch",
    );
  });

  it("keeps each lane within one round of its share, whatever the weights and whoever was alone before", () => {
    const weight = fc.integer({ min: 1, max: 10 });
    fc.assert(
      fc.property(fc.tuple(weight, weight), fc.tuple(fc.nat(50), fc.nat(50)), (weights, alone) => {
        const [interactive, batch] = weights;
        const share = new FairShare({ interactive, batch });
        grants(share, ["interactive"], alone[0]);
        grants(share, ["batch"], alone[1]);
        const rounds = 20;
        const order = grants(share, ["interactive", "batch"], rounds * (interactive + batch));
        const served = order.filter((lane) => lane === "interactive").length;
        assert.ok(Math.abs(served - rounds * interactive) <= Math.max(interactive, batch) + 1);
        const longestGap = (lane: Lane): number => {
          let gap = 0;
          let longest = 0;
          for (const granted of order) {
            gap = granted === lane ? 0 : gap + 1;
            longest = Math.max(longest, gap);
          }
          return longest;
        };
        assert.ok(longestGap("batch") <= Math.ceil(interactive / batch) + 1);
        assert.ok(longestGap("interactive") <= Math.ceil(batch / interactive) + 1);
      }),
    );
  });
});
