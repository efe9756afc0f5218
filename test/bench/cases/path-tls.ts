import { credentials } from "@grpc/grpc-js";
import { CertificateFolder, TestAuthority } from "../../support/test-certificates.js";
import type { ServerProcess } from "../../support/server-process.js";
import type { BenchCase } from "../bench-case.js";
import { measureWork } from "../measure-work.js";
import { median } from "../median.js";
import { PathClient } from "../path-client.js";
import { toRow } from "../bench-row.js";
import { startPathServer } from "../path-server.js";

const PROMPT = "Once upon a time there was a little river. ";
const CALL_TOKENS = 8;

/** The figures of one address in one round. */
interface Side {
  readonly pace: number;
  readonly pieceUs: number;
  readonly firstMs: number;
  readonly callMs: number;
  readonly connectionMs: number;
}

/** One server with two addresses, the one encrypted and the other one not: a stream at full speed, short calls on one connection, and connections. */
export const pathTls: BenchCase = {
  name: "path-tls",
  title: "The gRPC path alone: TLS (rill) beside plaintext (peer) on the same server",
  async run({ rounds, short, announce }) {
    const outputTokens = short ? 2_000 : 150_000;
    const calls = short ? 10 : 300;
    const connections = short ? 5 : 100;
    await using files = await CertificateFolder.create();
    const authority = await TestAuthority.create("Rill bench authority");
    const pair = await files.writePair("server", await authority.issueForLocalhost());
    const listen = "127.0.0.1:0,tls://127.0.0.1:0";
    const flags = { listen, "tls-cert": pair.certificate, "tls-key": pair.key };
    await using server = await startPathServer({ slots: 1, stepMs: 0, flags });
    const trust = credentials.createSsl(Buffer.from(authority.certificate));
    const openTls = (): PathClient => new PathClient(tlsAddressOf(server), trust);
    const openPlain = (): PathClient => new PathClient(server.address);
    const figures: { readonly rill: Side; readonly peer: Side }[] = [];
    for (let round = 1; round <= rounds; round++) {
      announce(`round ${round} of ${rounds}`);
      const sides: Side[] = [];
      for (const open of [openTls, openPlain]) {
        using client = open();
        await client.generate({ prompt: PROMPT, outputTokens: CALL_TOKENS });
        const stream = await measureWork(server, () => client.generate({ prompt: PROMPT, outputTokens }));
        const brief = await measureWork(server, () => callOn(client, calls));
        const newcomers = await measureWork(server, () => callAnew(open, connections));
        sides.push({
          pace: (outputTokens / stream.wallMs) * 1_000,
          pieceUs: (stream.mainThreadMs / outputTokens) * 1_000,
          firstMs: median(brief.result),
          callMs: brief.mainThreadMs / calls,
          connectionMs: newcomers.mainThreadMs / connections,
        });
      }
      const [rill, peer] = sides;
      if (rill !== undefined && peer !== undefined) figures.push({ rill, peer });
    }
    const row = (what: string, unit: string, figure: keyof Side) =>
      toRow(
        { what, unit },
        figures.map(({ rill, peer }) => ({ rill: rill[figure], peer: peer[figure] })),
      );
    return {
      rows: [
        row("pieces a second, one stream", "/s", "pace"),
        row("main thread's time a piece", "µs", "pieceUs"),
        row("first token on an open connection", "ms", "firstMs"),
        row("main thread's time a call on an open connection", "ms", "callMs"),
        row("main thread's time a call with its own connection", "ms", "connectionMs"),
      ],
      plots: [],
    };
  },
};

/** Makes short calls one after another on one connection, and returns the time of each until its first output. */
async function callOn(client: PathClient, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < count; call++) {
    const { firstOutputMs } = await client.generate({ prompt: PROMPT, outputTokens: CALL_TOKENS });
    times.push(firstOutputMs);
  }
  return times;
}

/** Makes short calls one after another, each on a connection of its own. */
async function callAnew(open: () => PathClient, count: number): Promise<void> {
  for (let call = 0; call < count; call++) {
    using client = open();
    await client.generate({ prompt: PROMPT, outputTokens: CALL_TOKENS });
  }
}

function tlsAddressOf(server: ServerProcess): string {
  const ready = server.log.find(({ msg }) => msg === "ready");
  const { addresses } = ready as unknown as { readonly addresses: readonly string[] };
  return (addresses[1] ?? "").replace("tls://", "");
}
