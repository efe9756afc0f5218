import assert from "node:assert/strict";
import fc from "fast-check";
import { CreditReturn, type OutputPosition } from "../../../src/scheduler/generation/generation-output.js";

const WINDOW = { pieces: 32, bytes: 4_096 };

const at = (pieces: number, bytes = pieces): OutputPosition => ({ pieces, bytes, tokens: pieces });

describe("credit return", () => {
  it("gathers a quarter of the window's pieces, or of its bytes, for a run that goes on", () => {
    const credit = new CreditReturn(WINDOW);
    credit.takenTo(at(7));
    assert.equal(credit.take(false), undefined);
    credit.takenTo(at(8));
    assert.deepEqual(credit.take(false), { pieces: 8, bytes: 8 });
    credit.takenTo(at(9, 1_032));
    assert.deepEqual(credit.take(false), { pieces: 1, bytes: 1_024 });
  });

  it("gives all there is to a run that stands still, and nothing where there is none", () => {
    const credit = new CreditReturn(WINDOW);
    assert.equal(credit.take(true), undefined);
    credit.takenTo(at(1, 3));
    assert.deepEqual(credit.take(true), { pieces: 1, bytes: 3 });
    assert.equal(credit.take(true), undefined);
  });

  it("is at once where the window is a few pieces", () => {
    const credit = new CreditReturn({ pieces: 4, bytes: 4_096 });
    credit.takenTo(at(1));
    assert.deepEqual(credit.take(false), { pieces: 1, bytes: 1 });
  });

  it("frees nothing a second time for a reader that comes to what another has taken", () => {
    const credit = new CreditReturn(WINDOW);
    credit.posted(20);
    credit.takenTo(at(12));
    assert.equal(credit.untakenPieces, 8);
    credit.take(true);
    credit.takenTo(at(5));
    assert.equal(credit.untakenPieces, 8);
    assert.equal(credit.take(true), undefined);
  });

  it("gives back in all what was taken, whenever it is asked for", () => {
    const plays = fc.array(fc.record({ pieces: fc.nat(12), bytes: fc.nat(900), isAwaited: fc.boolean() }));
    fc.assert(
      fc.property(plays, (taken) => {
        const credit = new CreditReturn(WINDOW);
        let [pieces, bytes] = [0, 0];
        let [givenPieces, givenBytes] = [0, 0];
        for (const play of [...taken, { pieces: 1, bytes: 1, isAwaited: true }]) {
          pieces += play.pieces;
          bytes += play.pieces === 0 ? 0 : play.bytes;
          credit.takenTo({ pieces, bytes, tokens: pieces });
          const given = credit.take(play.isAwaited);
          givenPieces += given?.pieces ?? 0;
          givenBytes += given?.bytes ?? 0;
          assert.ok(pieces - givenPieces < WINDOW.pieces / 4 && bytes - givenBytes < WINDOW.bytes / 4);
        }
        assert.deepEqual([givenPieces, givenBytes], [pieces, bytes]);
      }),
    );
  });
});
