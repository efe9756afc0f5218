import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Role } from "../../generated/rill/v1/conversation.js";
import { SessionClient } from "../rill/session-client.js";
import { TestServer } from "../support/test-server.js";
import { RillChild } from "./rill-child.js";
import { type RillRun, runRill } from "./run-rill.js";
import { said } from "../support/said.js";

describe("rill sessions", function () {
  this.timeout(40_000);
  let folder = "";
  let server: TestServer;
  let client: SessionClient;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-sessions-"));
    server = await TestServer.start();
    client = new SessionClient(server.address);
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const sessions = (...args: string[]): Promise<RillRun> =>
    runRill(["sessions", ...args], { RILL_ADDRESS: server.address });

  const idOf = ({ code, stdout, stderr }: RillRun): string => {
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^ses_\S+\n$/);
    return stdout.trim();
  };

  it("begins a session with labels, idle time and messages, and prints its id alone", async () => {
    const messages = join(folder, "messages.yaml");
    await writeFile(messages, "- {role: user, content: Hi}\n- {role: assistant, content: Hello}\n");
    const labels = ["--label", "app=demo", "--label", "user=Ann B"];
    const id = idOf(
      await sessions("create", ...labels, "--idle-timeout", "90s", "--system", "Be brief", "--messages", messages),
    );
    const session = await client.get(id);
    assert.deepEqual([...session.labels], Object.entries({ app: "demo", user: "Ann B" }));
    assert.equal(session.idleTimeout?.seconds, 90);
    const [turn] = await client.turns(id);
    assert.deepEqual(
      turn?.messages.map(({ role, content }) => [role, content]),
      [
        [Role.SYSTEM, "Be brief"],
        [Role.USER, "Hi"],
        [Role.ASSISTANT, "Hello"],
      ],
    );
  });

  it("shows a conversation that rill generate held, for people and as JSON", async () => {
    const id = idOf(await sessions("create", "--system", "Be brief", "--label", "app=demo"));
    await runRill(["generate", "--session", id, "one two", "--max-output-tokens", "3"], {
      RILL_ADDRESS: server.address,
    });
    const [shown, json] = await Promise.all([sessions("show", id), sessions("show", id, "--json")]);
    assert.deepEqual([shown.code, shown.stderr], [0, ""]);
    assert.match(shown.stdout, new RegExp(`^id +${id}\nturns +2\nrevision +3\nbytes +\\d+\nidle +24h\n`));
    assert.match(shown.stdout, /\nlabels +app=demo\nrunning +-\n/);
    const turns = await client.turns(id);
    const answer = turns[1]?.answer ?? "";
    assert.ok(answer.length > 0);
    const [, first, second] = shown.stdout.split("\n\n");
    assert.equal(first, "#1 (appended)\nsystem: Be brief");
    assert.equal(second, `#2 (truncated, MAX_TOKENS)\nuser: one two\nassistant: ${answer.replaceAll("\n", "\n  ")}\n`);
    const lines = json.stdout.trimEnd().split("\n");
    const [session, ...rest] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([session?.sessionId, session?.revision, session?.turns], [id, 3, 2]);
    assert.deepEqual(
      rest.map(({ number, status, answer: text }) => [number, status, text]),
      [
        [1, "TURN_STATUS_APPENDED", undefined],
        [2, "TURN_STATUS_TRUNCATED", answer],
      ],
    );
  });

  it("forks with the turns that are wanted, and prints the new id", async () => {
    const { sessionId } = await client.create({ labels: new Map([["app", "demo"]]) });
    for (const content of ["a", "b"]) await client.append({ sessionId, messages: [said(Role.USER, content)] });
    const [all, some, relabelled] = await Promise.all([
      sessions("fork", sessionId),
      sessions("fork", sessionId, "--at-turn", "1"),
      sessions("fork", sessionId, "--at-turn", "0", "--label", "app=other"),
    ]);
    const forks = await Promise.all([all, some, relabelled].map((run) => client.get(idOf(run))));
    assert.deepEqual(
      forks.map(({ turns, labels }) => [turns, labels.get("app")]),
      [
        [2, "demo"],
        [1, "demo"],
        [0, "other"],
      ],
    );
  });

  it("deletes each session it is given, says which could not be, and ends with 1 then", async () => {
    const [one, two] = await Promise.all([client.create(), client.create()]);
    const mixed = await sessions("delete", one.sessionId, "ses_none", two.sessionId);
    assert.deepEqual([mixed.code, mixed.stdout], [1, ""]);
    assert.match(mixed.stderr, /^rill sessions delete: ses_none: NOT_FOUND SESSION_NOT_FOUND: /);
    assert.match(mixed.stderr, /\nrill sessions delete: 1 of 3 sessions were not deleted\n$/);
    for (const { sessionId } of [one, two]) await assert.rejects(client.get(sessionId), /NOT_FOUND/);
  });

  it("deletes a session only at the revision that is expected", async () => {
    const { sessionId } = await client.create();
    const other = await sessions("delete", sessionId, "--expected-revision", "2");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^rill sessions delete: ABORTED REVISION_MISMATCH: the session has revision 1\n/);
    assert.equal((await client.get(sessionId)).revision, 1);
    const run = await sessions("delete", sessionId, "--expected-revision", "1");
    assert.deepEqual(run, { code: 0, stdout: "", stderr: "" });
    await assert.rejects(client.get(sessionId), /NOT_FOUND/);
  });

  it("ends with 2 on a wrong command line, with every wrong value named, and sends nothing", async () => {
    const { sessionId } = await client.create();
    const runs = await Promise.all([
      sessions(),
      sessions("burn"),
      sessions("show"),
      sessions("list", "--limit", "-1"),
      sessions("create", "--label", "a", "--idle-timeout", "soon"),
      sessions("delete", sessionId, "ses_other", "--expected-revision", "1"),
      sessions("fork", sessionId, "--at-turn", "last"),
    ]);
    assert.deepEqual(
      runs.map(({ code, stdout }) => [code, stdout]),
      runs.map(() => [2, ""]),
    );
    const [, , , limit, values, several] = runs;
    assert.match(limit.stderr, /^rill sessions list: wrong usage \(rill sessions list --help tells more\)\n/);
    assert.match(values.stderr, /--label: "a" must be .*\n.*--idle-timeout: "soon" must be a duration/);
    assert.match(several.stderr, /--expected-revision: only for a single session/);
    assert.equal((await client.get(sessionId)).revision, 1);
  });

  it("ends with 1 where there is no such session, or no server", async () => {
    const [none, nobody] = await Promise.all([
      sessions("show", "ses_none"),
      sessions("list", "--address", "127.0.0.1:2"),
    ]);
    assert.deepEqual([none.code, none.stdout, nobody.code], [1, "", 1]);
    assert.match(none.stderr, /^rill sessions show: NOT_FOUND SESSION_NOT_FOUND: /);
    assert.match(nobody.stderr, /^rill sessions list: UNAVAILABLE: .*\n {2}is a server running there\?/);
  });
});

describe("rill sessions, of more than a page", function () {
  this.timeout(40_000);
  const COUNT = 250;
  let server: TestServer;
  let client: SessionClient;
  let ids: readonly string[] = [];
  before(async () => {
    server = await TestServer.start();
    client = new SessionClient(server.address);
    const made: string[] = [];
    // One after the other: their order is what is tested. Labels fill a pipe soon.
    for (let index = 0; index < COUNT; index++) {
      const labels = new Map(Array.from({ length: 16 }, (_, key) => [`key${key}`, "x".repeat(256)]));
      made.push((await client.create({ labels })).sessionId);
    }
    ids = made.toReversed();
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const list = (...args: string[]): Promise<RillRun> =>
    runRill(["sessions", "list", ...args], { RILL_ADDRESS: server.address });

  it("lists all of them, the newest first, below one head", async () => {
    const { code, stdout } = await list();
    assert.equal(code, 0);
    const [head, ...lines] = stdout.trimEnd().split("\n");
    assert.match(head ?? "", /^ID +TURNS +REVISION +BYTES +IDLE +USED +RUNNING +LABELS$/);
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      ids,
    );
  });

  it("lists as many as are wanted, within a page and beyond", async () => {
    for (const limit of [0, 3, 103]) {
      const { code, stdout } = await list("--json", "--limit", String(limit));
      assert.equal(code, 0);
      const listed = stdout.split("\n").filter((line) => line !== "");
      assert.deepEqual(
        listed.map((line) => (JSON.parse(line) as { sessionId: string }).sessionId),
        ids.slice(0, limit),
      );
    }
  });

  it("shows every turn of a session, whatever the number of pages", async () => {
    const { sessionId } = await client.create();
    for (let turn = 0; turn < 120; turn++) {
      await client.append({ sessionId, messages: [said(Role.USER, `say ${turn}`)] });
    }
    const { stdout } = await runRill(["sessions", "show", sessionId], { RILL_ADDRESS: server.address });
    const found = [...stdout.matchAll(/^user: say (\d+)$/gm)].map(([, turn]) => Number(turn));
    assert.deepEqual(
      found,
      Array.from({ length: 120 }, (_, turn) => turn),
    );
    await client.delete({ sessionId });
  });

  it("ends quietly when its reader has enough", async () => {
    await using child = new RillChild(["sessions", "list", "--address", server.address]);
    await child.read();
    child.stopReading();
    const { code, stderr } = await child.ended();
    assert.deepEqual([code, stderr], [0, ""]);
  });
});
