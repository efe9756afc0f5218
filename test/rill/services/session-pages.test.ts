import assert from "node:assert/strict";
import { Role } from "../../../generated/rill/v1/conversation.js";
import type { Turn } from "../../../generated/rill/v1/session.js";
import type { ListTurns } from "../../../src/sessions/session-store.js";
import { said } from "../../support/said.js";
import { TestServer } from "../../support/test-server.js";
import { SessionClient } from "../session-client.js";

const KIB = 1024;

describe("A large page of a session", () => {
  let server: TestServer;
  let client: SessionClient;
  let sessionId: string;

  before(async () => {
    server = await TestServer.start();
    client = new SessionClient(server.address);
    ({ sessionId } = await client.create());
    for (let turn = 1; turn <= 30; turn++) {
      await client.append({ sessionId, messages: [said(Role.USER, `${turn} ${"grüße ".repeat(8 * KIB)}`)] });
    }
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const readAll = async (pageSize?: number): Promise<readonly Turn[]> => {
    const turns: Turn[] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.listTurns({ sessionId, pageToken, pageSize });
      turns.push(...page.turns);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return turns;
  };

  /** What the server asks its store for while `act` goes on, and a look at each answer before the server has it. */
  const watchReads = async (
    act: () => Promise<unknown>,
    onRead?: (read: number) => Promise<unknown>,
  ): Promise<ListTurns[]> => {
    const { store } = server;
    const asked: ListTurns[] = [];
    const listTurns = store.listTurns.bind(store);
    store.listTurns = async (request) => {
      asked.push(request);
      const found = await listTurns(request);
      await onRead?.(asked.length);
      return found;
    };
    try {
      await act();
    } finally {
      store.listTurns = listTurns;
    }
    return asked;
  };

  it("is read from the store by parts, and has every turn once and in order", async () => {
    const asked = await watchReads(async () => {
      const numbers = (await readAll()).map(({ number }) => number);
      assert.deepEqual(
        numbers,
        Array.from({ length: 30 }, (_, index) => index + 1),
      );
    });
    assert.ok(asked.length >= 5, String(asked.length));
    for (const { maxBytes } of asked) assert.ok(maxBytes <= 256 * KIB, String(maxBytes));
  });

  it("has the same turns whatever the size of its pages", async () => {
    const whole = await readAll();
    for (const pageSize of [1, 7, 29, 30, 31]) assert.deepEqual(await readAll(pageSize), whole, String(pageSize));
  });

  it("ends where the session changes while it is read, so that its turns are of one revision", async () => {
    const { revision } = await client.get(sessionId);
    let pages: Awaited<ReturnType<SessionClient["listTurns"]>>[] = [];
    await watchReads(
      async () => {
        const first = await client.listTurns({ sessionId });
        pages = [first, await client.listTurns({ sessionId, pageToken: first.nextPageToken })];
      },
      async (read) => {
        if (read === 2) await client.append({ sessionId, messages: [said(Role.USER, "and one more")] });
      },
    );
    const numbers = pages.map(({ turns }) => turns.map(({ number }) => number));
    assert.deepEqual(
      pages.map((page) => page.revision),
      [revision, revision + 1],
    );
    assert.ok((numbers[0]?.length ?? 0) < 30);
    assert.deepEqual(
      numbers.flat(),
      Array.from({ length: 31 }, (_, index) => index + 1),
    );
  });
});
