import { setTimeout as delay } from "node:timers/promises";
import { PAUSE_MS } from "./attacked-server.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { CANCEL_WAVES } from "./cancel-waves.js";
import { COMPRESSED_REQUESTS } from "./compressed-requests.js";
import { COSTLY_MESSAGES } from "./costly-messages.js";
import { DEADLINES } from "./deadlines.js";
import { HELD_SEATS } from "./held-seats.js";
import { LONE_CALLS } from "./lone-calls.js";
import { STREAM_STORMS } from "./stream-storms.js";
import { UNFINISHED_BODIES } from "./unfinished-bodies.js";
import { UNREAD_ANSWERS } from "./unread-answers.js";

const PAUSED_SERVER: Attack = {
  name: "paused server",
  sends: "SIGSTOP to the server, and SIGCONT when a step would have passed its limit",
  pauseMs: PAUSE_MS,
  run: async ({ holdMs }: Ground): Promise<Outcome> => {
    await delay(holdMs);
    return { claims: [] };
  },
};

/** In the order in which they are made. */
export const ATTACKS: readonly Attack[] = [
  ...COMPRESSED_REQUESTS,
  ...UNFINISHED_BODIES,
  ...UNREAD_ANSWERS,
  ...COSTLY_MESSAGES,
  ...STREAM_STORMS,
  ...CANCEL_WAVES,
  ...HELD_SEATS,
  ...DEADLINES,
  PAUSED_SERVER,
  ...LONE_CALLS,
];
