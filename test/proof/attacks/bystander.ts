import { get } from "node:http";
import { encodeRequest, RuntimeClient } from "../../support/runtime-client.js";
import { RawHttp2Reader } from "../../support/raw-http2-reader.js";
import { runGeneration } from "../traffic.js";
import { answerParent } from "./answer-parent.js";
import { InnocentStream, type StreamView } from "./innocent-stream.js";
import { Pulse, type PulseView } from "./pulse.js";

const HEALTH = "grpc.health.v1.Health/Check";
const CALL_TOKENS = 5;
const PERIODS_MS = { health: 100, newClients: 200, livez: 200, calls: 500 };

export type BystanderQuestion =
  | { readonly type: "start"; readonly address: string; readonly adminAddress: string }
  | { readonly type: "begin" | "end" };

/** What the bystander has seen between `begin` and `end`. */
export interface BystanderView {
  readonly stream: StreamView;
  /** Health checks over a connection that stood before. */
  readonly health: PulseView;
  /** Health checks, each over a connection of its own. */
  readonly newClients: PulseView;
  /** Of the admin port, each over a connection of its own. */
  readonly livez: PulseView;
  /** Short generations over a connection that stood before. */
  readonly calls: PulseView;
}

interface Watch {
  readonly stream: InnocentStream;
  readonly pulses: Readonly<Record<keyof typeof PERIODS_MS, Pulse>>;
}

/** A program: one who reads a stream, and asks for health, beside an attack. */
let watch: Watch | undefined;
answerParent(async (asked): Promise<BystanderView | undefined> => {
  const question = asked as BystanderQuestion;
  if (question.type === "start") {
    watch = await startWatch(question);
    return undefined;
  }
  if (watch === undefined) throw new Error("the bystander has not been started");
  const { stream, pulses } = watch;
  if (question.type === "begin") {
    stream.begin();
    for (const pulse of Object.values(pulses)) pulse.begin();
    return undefined;
  }
  const [health, newClients, livez, calls] = await Promise.all([
    pulses.health.end(),
    pulses.newClients.end(),
    pulses.livez.end(),
    pulses.calls.end(),
  ]);
  return { stream: stream.end(), health, newClients, livez, calls };
});

async function startWatch({ address, adminAddress }: { address: string; adminAddress: string }): Promise<Watch> {
  const client = new RuntimeClient(address);
  const callClient = new RuntimeClient(address);
  const stream = new InnocentStream(client);
  await runGeneration(callClient, "ab", CALL_TOKENS);
  const pulses = {
    health: new Pulse(PERIODS_MS.health, () => checkHealth(client)),
    newClients: new Pulse(PERIODS_MS.newClients, () => checkHealthAnew(address)),
    livez: new Pulse(PERIODS_MS.livez, () => askLiveness(adminAddress)),
    calls: new Pulse(PERIODS_MS.calls, () => runGeneration(callClient, "ab", CALL_TOKENS)),
  };
  return { stream, pulses };
}

async function checkHealth(client: RuntimeClient): Promise<void> {
  const { status } = (await client.unary(HEALTH, {})) as { readonly status: string };
  if (status !== "SERVING") throw new Error(`health says ${status}`);
}

async function checkHealthAnew(address: string): Promise<void> {
  await using reader = await RawHttp2Reader.open({ address, method: HEALTH, request: encodeRequest(HEALTH, {}) });
  const { grpcStatus, resetCode } = await reader.ended;
  if (grpcStatus !== 0) throw new Error(`status ${String(grpcStatus)}, reset by ${resetCode}`);
}

async function askLiveness(adminAddress: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = get(`http://${adminAddress}/livez`, { agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`HTTP ${String(response.statusCode)}`));
    });
    request.on("error", reject);
  });
}
