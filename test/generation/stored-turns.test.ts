import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  GenerateResponse,
  GenerateStreamRequest,
  GenerateStreamResponse,
} from "../../generated/rill/v1/generation_service.js";
import type { StoreAddress } from "../../src/sessions/link/store-address.js";
import { PostgresServer } from "../sessions/postgres-server.js";
import { refusalOf, TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const DUMPS = fileURLToPath(new URL("../../../test/generation/dumps", import.meta.url));
/** The time of day at which the dumps were written: no session has been idle for too long. */
const DAY_MS = 1_790_000_000_000;

/** A request with a key, and the answer that its repeat got from the release that stored the turn. */
interface Repeat {
  readonly name: string;
  readonly method: "Generate" | "GenerateStream";
  readonly request: string;
  readonly code: number;
  readonly reason: string;
  readonly messages: readonly string[];
}

type Answer = Pick<Repeat, "code" | "reason"> & { readonly messages: readonly unknown[] };

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}

function requestOf({ request }: Repeat): GenerateStreamRequest {
  return GenerateStreamRequest.decode(bytesOf(request));
}

function expectedOf({ method, code, reason, messages }: Repeat): Answer {
  const codec = method === "Generate" ? GenerateResponse : GenerateStreamResponse;
  return { code, reason, messages: messages.map((message) => codec.decode(bytesOf(message))) };
}

async function ask(client: TestClient, repeat: Repeat): Promise<Answer> {
  const request = requestOf(repeat);
  if (repeat.method === "GenerateStream") {
    const { messages, status } = await client.stream(request);
    return { code: status.code, reason: status.reason ?? "", messages };
  }
  const answer = client.generate(request);
  if (repeat.code === 0) return { code: 0, reason: "", messages: [await answer] };
  const { code, reason = "" } = await refusalOf(answer);
  return { code, reason, messages: [] };
}

/** Repeats every request of the dump on a store that holds it. */
async function repeatAll(store: StoreAddress, dump: "sqlite" | "postgres"): Promise<void> {
  const repeats = JSON.parse(await readFile(join(DUMPS, `${dump}.json`), "utf8")) as readonly Repeat[];
  assert.equal(repeats.length, 16);
  await using server = await TestServer.start({ store, wallNowMs: () => DAY_MS });
  using client = new TestClient(server.address);
  for (const repeat of repeats) {
    assert.deepEqual(await ask(client, repeat), expectedOf(repeat), `${repeat.name}, ${repeat.method}`);
    const other = { ...requestOf(repeat), labels: new Map([["another", "request"]]) };
    assert.equal((await refusalOf(client.generate(other))).reason, "IDEMPOTENCY_KEY_REUSED");
  }
  assert.equal(server.scheduler.load().totals.acceptedGenerations, 0, "nothing was run again");
}

describe("Turns that a release before version 2 of their records stored", function () {
  this.timeout(60_000);

  it("give a repeat the same answer from SQLite", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rill-dump-"));
    try {
      const path = join(folder, "sessions.db");
      await copyFile(join(DUMPS, "sqlite.db"), path);
      await repeatAll({ type: "sqlite", path }, "sqlite");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("give a repeat the same answer from PostgreSQL", async function () {
    await using postgres = await PostgresServer.start();
    if (postgres === undefined) this.skip();
    const url = await postgres.createDatabase();
    {
      await using connection = await postgres.connect(new URL(url).pathname.slice(1));
      await connection.run(await readFile(join(DUMPS, "postgres.sql"), "utf8"));
    }
    await repeatAll({ type: "postgres", url }, "postgres");
  });
});
