import assert from "node:assert/strict";
import { sessionFacts, sessionHead, sessionLine } from "../../../src/cli/sessions/session-table.js";

const SESSION = {
  sessionId: "ses_AbCdEfGhIjKlMnOpQrStUvWx",
  revision: 7,
  turns: 3,
  storedBytes: 1_234,
  idleTimeout: "86400s",
  createdTime: "2026-01-31T11:00:00Z",
  usedTime: "2026-01-31T12:00:00.250Z",
};

describe("The table of sessions", () => {
  it("puts each fact below its heading", () => {
    const line = sessionLine(sessionFacts({ ...SESSION, runningTurn: { number: 3 }, labels: { app: "demo" } }));
    const head = sessionHead();
    const cells: Readonly<Record<string, string>> = {
      ID: SESSION.sessionId,
      TURNS: "3",
      REVISION: "7",
      BYTES: "1234",
      IDLE: "24h",
      USED: "2026-01-31T12:00:00Z",
      RUNNING: "3",
      LABELS: "app=demo",
    };
    assert.deepEqual(head.trim().split(/ +/), Object.keys(cells));
    for (const [heading, cell] of Object.entries(cells)) {
      assert.equal(line.slice(head.indexOf(heading)).split(" ")[0], cell, heading);
    }
  });

  it("stands for what there is not by a zero or a dash", () => {
    const { turns, bytes, running, labels } = sessionFacts({ sessionId: "ses_a" });
    assert.deepEqual([turns, bytes, running, labels], ["0", "0", "-", "-"]);
  });

  it("writes times to live in the largest unit, and labels in their order, quoted where they would break a line", () => {
    const { idle, labels } = sessionFacts({
      idleTimeout: "1.500s",
      labels: { user: "Ann B\nx", app: "a/b", note: "" },
    });
    assert.equal(idle, "1500ms");
    assert.equal(labels, 'app=a/b note="" user="Ann B\\nx"');
  });
});
