import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIENCE, ISSUER, jwksOf, TestIssuer } from "../../support/identity-rig.js";
import { percentile } from "../../support/percentile.js";
import type { BenchCase, BenchRow } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { type MeasuredWork, measureWork } from "../measure-work.js";
import { PathClient, type StreamSeen } from "../path-client.js";
import { startPathServer } from "../path-server.js";

const WORK = { prompt: "Once upon a time", outputTokens: 8 };
/** Forged calls that begin together. The server lets all but the first ones wait, which takes none of its time. */
const FORGERS = 400;

type Streams = MeasuredWork<readonly StreamSeen[]>;

/** The work of one round. */
interface Figures {
  readonly peer: Streams;
  readonly same: Streams;
  readonly each: Streams;
  readonly refused: MeasuredWork<void>;
}

/** Measures what it costs to know the callers: Rill with a new JWT for each call, with one JWT for all, and with forged ones, beside Rill without callers. */
export const pathIdentity: BenchCase = {
  name: "path-identity",
  title: "The gRPC path alone: calls with a JWT by ES256, beside calls of a server that knows no callers",
  async run({ rounds, short, announce }) {
    const calls = short ? 50 : 1_000;
    const folder = await mkdtemp(join(tmpdir(), "rill-bench-"));
    const issuer = await TestIssuer.create("ES256");
    await writeFile(join(folder, "jwks.json"), await jwksOf(issuer));
    const flags = { "jwt-keys": join(folder, "jwks.json"), "jwt-issuer": ISSUER, "jwt-audience": AUDIENCE };
    await using knowing = await startPathServer({ slots: 1, stepMs: 0, flags });
    await using open = await startPathServer({ slots: 1, stepMs: 0 });
    using ours = new PathClient(knowing.address);
    using theirs = new PathClient(open.address);
    const known = await issuer.sign();
    const withToken = async (token: (call: number) => string, times = calls): Promise<readonly StreamSeen[]> => {
      const seen: StreamSeen[] = [];
      for (let call = 0; call < times; call += 1)
        seen.push(await ours.generate({ ...WORK, authorization: `Bearer ${token(call)}` }));
      return seen;
    };
    const without = async (): Promise<readonly StreamSeen[]> => {
      const seen: StreamSeen[] = [];
      for (let call = 0; call < calls; call += 1) seen.push(await theirs.generate(WORK));
      return seen;
    };
    await withToken(() => known);
    await without();
    const figures: Figures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      announce(`round ${round} of ${rounds}`);
      const fresh: string[] = [];
      for (let call = 0; call < calls; call += 1) fresh.push(await issuer.sign({ jti: `${round}-${call}` }));
      const forged = fresh.map((token) => `${token.slice(0, -8)}AAAAAAAA`);
      const peer = await measureWork(open, without);
      const same = await measureWork(knowing, () => withToken(() => known));
      const each = await measureWork(knowing, () => withToken((call) => fresh[call] ?? known));
      const refused = await measureWork(knowing, () => refuseAll(ours, forged.slice(0, FORGERS)));
      figures.push({ peer, same, each, refused });
    }
    await rm(folder, { recursive: true });
    const firstMs = ({ result }: Streams, share: number): number =>
      percentile(
        result.map(({ firstOutputMs }) => firstOutputMs),
        share,
      );
    const work = (what: string, of: "same" | "each"): BenchRow =>
      toRow(
        { what: `main thread's time a call, ${what}`, unit: "ms" },
        figures.map(({ [of]: mine, peer }) => ({
          rill: mine.mainThreadMs / calls,
          peer: peer.mainThreadMs / calls,
        })),
      );
    const first = (share: number, name: string): BenchRow =>
      toRow(
        { what: `first token ${name}, a new token each`, unit: "ms" },
        figures.map(({ each, peer }) => ({ rill: firstMs(each, share), peer: firstMs(peer, share) })),
      );
    return {
      rows: [
        work("one token for all", "same"),
        work("a new token each", "each"),
        first(0.5, "p50"),
        first(0.99, "p99"),
        toRow(
          { what: "main thread's time a forged call", unit: "ms", aim: { about: "figure", atMost: 0.3 } },
          figures.map(({ refused }) => ({ rill: refused.mainThreadMs / FORGERS })),
        ),
      ],
      plots: [],
    };
  },
};

/** @throws Error if one is let in */
async function refuseAll(client: PathClient, tokens: readonly string[]): Promise<void> {
  const refusals = tokens.map((token) =>
    client.generate({ ...WORK, authorization: `Bearer ${token}` }).then(
      () => "let in",
      () => undefined,
    ),
  );
  if ((await Promise.all(refusals)).includes("let in")) throw new Error("a forged token was taken");
}
