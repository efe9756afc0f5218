import { setTimeout as delay } from "node:timers/promises";
import { RuntimeClient } from "../../support/runtime-client.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { framed, METHOD } from "./methods.js";

const CONNECTIONS = 2;
/** Of the long session: 3.9 MB altogether. */
const MESSAGES = 1_000;
const MESSAGE_CHARACTERS = 3_900;
/** With their labels, 3 MB altogether. */
const SESSIONS = 300;
const LABELS = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`label-${n}`, "v".repeat(256)]));

/** What `prepare` has made, for `run`: both are in the same process. */
const made = { longSession: "" };

interface Question {
  readonly method: string;
  readonly request: object;
  readonly streams: number;
}

/** Asks over windows of no bytes, and reads nothing. */
async function askUnread(ground: Ground, { method, request, streams }: Question): Promise<void> {
  const body = framed(method, request);
  const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => ground.open({ windowBytes: 0 })));
  for (const connection of opened) {
    for (let n = 0; n < streams / CONNECTIONS; n += 1) connection.openStream(method, { body, endStream: true });
    connection.flush();
  }
  await delay(ground.holdMs);
  for (const connection of opened) connection[Symbol.dispose]();
}

async function makeLongSession({ address }: Ground): Promise<void> {
  using client = new RuntimeClient(address);
  const content = "m".repeat(MESSAGE_CHARACTERS);
  const messages = Array.from({ length: MESSAGES }, (_, n) => ({
    role: n % 2 === 0 ? "ROLE_USER" : "ROLE_ASSISTANT",
    content,
  }));
  const { session } = (await client.unary(METHOD.createSession, { messages })) as { session: { session_id: string } };
  made.longSession = session.session_id;
}

async function makeManySessions({ address }: Ground): Promise<void> {
  using client = new RuntimeClient(address);
  for (let n = 0; n < SESSIONS; n += 1) await client.unary(METHOD.createSession, { labels: LABELS });
}

export const UNREAD_ANSWERS: readonly Attack[] = [
  {
    name: "unread turns",
    sends: "200 calls of ListTurns for a session of 3.9 MB over 2 connections whose windows are 0",
    prepare: makeLongSession,
    run: async (ground: Ground): Promise<Outcome> => {
      const request = { session_id: made.longSession, page_size: 1_000 };
      await askUnread(ground, { method: METHOD.listTurns, request, streams: 200 });
      return { claims: [] };
    },
  },
  {
    name: "unread sessions",
    sends: "200 calls of ListSessions for 300 sessions with 3 MB of labels over 2 connections whose windows are 0",
    prepare: makeManySessions,
    run: async (ground: Ground): Promise<Outcome> => {
      await askUnread(ground, { method: METHOD.listSessions, request: { page_size: 1_000 }, streams: 200 });
      return { claims: [] };
    },
  },
  {
    name: "unread load reports",
    sends: "240 calls of GetLoad over 2 connections whose windows are 0",
    run: async (ground: Ground): Promise<Outcome> => {
      await askUnread(ground, { method: METHOD.load, request: {}, streams: 240 });
      return { claims: [] };
    },
  },
  {
    name: "unread reflection",
    sends: "240 calls of reflection for the largest file over 2 connections whose windows are 0",
    run: async (ground: Ground): Promise<Outcome> => {
      const request = { file_containing_symbol: "rill.v1.GenerationService" };
      await askUnread(ground, { method: METHOD.reflection, request, streams: 240 });
      return { claims: [] };
    },
  },
];
