import assert from "node:assert/strict";
import { Mailbox } from "../../../src/scheduler/generation/generation-output.js";

const piece = (text: string): { text: string; textBytes: number; tokenIds: number[] } => ({
  text,
  textBytes: text.length,
  tokenIds: [1],
});
const progress = (doneTokens: number): { doneTokens: number; totalTokens: number; reusedTokens: number } => ({
  doneTokens,
  totalTokens: 9,
  reusedTokens: 0,
});
const finish = { type: "finished", reason: "end_of_turn", stopMatch: undefined, incompleteText: false } as const;

describe("Mailbox", () => {
  it("hands out the newest position, the newest progress, all pieces together and the finish, in this order", () => {
    const mailbox = new Mailbox();
    mailbox.putPieces([piece("a")]);
    mailbox.putFinish(finish);
    mailbox.putProgress(progress(1));
    mailbox.putPosition({ position: 2, waitLowMs: 0, waitHighMs: 0 });
    mailbox.putProgress(progress(9));
    mailbox.putPosition({ position: 1, waitLowMs: 0, waitHighMs: 0 });
    mailbox.putPieces([piece("b"), piece("c")]);
    assert.deepEqual(
      [mailbox.take(), mailbox.take(), mailbox.take(), mailbox.take(), mailbox.take()],
      [
        { type: "queued", position: 1, waitLowMs: 0, waitHighMs: 0 },
        { type: "prefill", progress: progress(9) },
        { type: "pieces", pieces: [piece("a"), piece("b"), piece("c")] },
        { type: "finish", finish },
        undefined,
      ],
    );
  });

  it("does not add to pieces that were taken out", () => {
    const mailbox = new Mailbox();
    mailbox.putPieces([piece("a")]);
    const first = mailbox.take();
    mailbox.putPieces([piece("b")]);
    assert.deepEqual(first, { type: "pieces", pieces: [piece("a")] });
  });

  it("wakes its reader for whatever is put, and when it is cleared", async () => {
    const mailbox = new Mailbox();
    const puts = [
      () => mailbox.putPosition({ position: 1, waitLowMs: 0, waitHighMs: 0 }),
      () => mailbox.putProgress(progress(1)),
      () => mailbox.putPieces([piece("a")]),
      () => mailbox.putFinish(finish),
      () => mailbox.clear(),
    ];
    for (const put of puts) {
      const woken = mailbox.changed();
      put();
      await woken;
    }
    assert.equal(mailbox.take(), undefined);
  });
});
