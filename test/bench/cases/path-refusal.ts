import type { BenchCase } from "../bench-case.js";
import { measureWork } from "../measure-work.js";
import { PathClient } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startBareServer, startPathServer } from "../path-server.js";

const PROMPT = "Once upon a time";
/** One that lasts, at a pace at which the path has next to nothing to do for it. */
const HOLDER = { prompt: PROMPT, outputTokens: 1_000 };
const HOLDER_STEP_MS = 1_000;

/** Measures a refusal from its headers to its status, one call after the other, while the slot and the queue are taken. */
export const pathRefusal: BenchCase = {
  name: "path-refusal",
  title: "The gRPC path alone: refusals by a full queue, beside bare @grpc/grpc-js",
  async run({ rounds, short, announce }) {
    const calls = short ? 50 : 2_000;
    await using rill = await startPathServer({
      slots: 1,
      stepMs: HOLDER_STEP_MS,
      flags: { "queue-per-slot": "0" },
    });
    await using bare = await startBareServer();
    using ours = new PathClient(rill.address);
    using theirs = new PathClient(bare.address);
    const holder = ours.openRill(HOLDER);
    holder.on("error", () => undefined);
    await new Promise((accepted) => holder.once("data", accepted));
    const ourCall = (): Promise<unknown> => ours.generate({ prompt: PROMPT, outputTokens: 8 });
    const theirCall = (): Promise<unknown> => theirs.stream({ refuse: true });
    await refuseAll(ourCall, calls);
    await refuseAll(theirCall, calls);
    const figures = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      const path = await measureWork(rill, () => refuseAll(ourCall, calls));
      const peer = await measureWork(bare, () => refuseAll(theirCall, calls));
      figures.push({ path, peer });
    }
    holder.cancel();
    return {
      rows: [
        toRow(
          { what: "main thread's time a refusal", unit: "ms", aim: { about: "figure", atMost: 0.2 } },
          figures.map(({ path, peer }) => ({ rill: path.mainThreadMs / calls, peer: peer.mainThreadMs / calls })),
        ),
        toRow(
          { what: "refusal as its caller waits for it", unit: "ms" },
          figures.map(({ path, peer }) => ({ rill: path.wallMs / calls, peer: peer.wallMs / calls })),
        ),
      ],
      plots: [],
    };
  },
};

/** @throws Error where one is not refused for want of room */
async function refuseAll(call: () => Promise<unknown>, calls: number): Promise<void> {
  for (let made = 0; made < calls; made++) {
    const code = await call().then(
      () => "OK",
      (error: unknown) => (error as { readonly code?: number }).code,
    );
    if (code !== UNAVAILABLE) throw new Error(`a call was not refused, but ended with ${String(code)}`);
  }
}

const UNAVAILABLE = 14;
