import type { BenchCase } from "../bench-case.js";
import { measureWork } from "../measure-work.js";
import { PathClient } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startBareServer, startPathServer } from "../path-server.js";

const PROMPT = "Once upon a time there was a little river. ";

/**
 * One stream as fast as it goes, the engine's steps taking no time. The bare server then sends as many messages, as long as these were on average: what
 * @grpc/grpc-js itself costs on this machine.
 */
export const pathStream: BenchCase = {
  name: "path-stream",
  title: "The gRPC path alone: one stream at full speed, beside bare @grpc/grpc-js",
  async run({ rounds, short, announce }) {
    const outputTokens = short ? 2_000 : 150_000;
    await using rill = await startPathServer({ slots: 1, stepMs: 0 });
    await using bare = await startBareServer();
    using ours = new PathClient(rill.address);
    using theirs = new PathClient(bare.address);
    const seen = await ours.generate({ prompt: PROMPT, outputTokens });
    await theirs.stream({ messages: seen.messages, messageBytes: 30 });
    const figures = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      const path = await measureWork(rill, () => ours.generate({ prompt: PROMPT, outputTokens }));
      const { messages, bytes } = path.result;
      const work = { messages, messageBytes: Math.round(bytes / messages) };
      const peer = await measureWork(bare, () => theirs.stream(work));
      figures.push({ path, peer, messages });
    }
    const perMessage = { messageUs: "main thread's time a message", rate: "messages a second" };
    return {
      rows: [
        toRow(
          { what: "pieces a second, one stream", unit: "/s", aim: { about: "figure", atLeast: 60_000 } },
          figures.map(({ path }) => ({ rill: (outputTokens / path.wallMs) * 1_000 })),
        ),
        toRow(
          { what: "main thread's time a piece", unit: "µs", aim: { about: "figure", atMost: 15 } },
          figures.map(({ path }) => ({ rill: (path.mainThreadMs / outputTokens) * 1_000 })),
        ),
        toRow(
          { what: perMessage.messageUs, unit: "µs" },
          figures.map(({ path, peer, messages }) => ({
            rill: (path.mainThreadMs / messages) * 1_000,
            peer: (peer.mainThreadMs / messages) * 1_000,
          })),
        ),
        toRow(
          { what: perMessage.rate, unit: "/s" },
          figures.map(({ path, peer, messages }) => ({
            rill: (messages / path.wallMs) * 1_000,
            peer: (messages / peer.wallMs) * 1_000,
          })),
        ),
        toRow(
          { what: "pieces merged into a message", unit: "" },
          figures.map(({ messages }) => ({ rill: outputTokens / messages })),
        ),
      ],
      plots: [],
    };
  },
};
