import { ServerChild } from "../support/server-child.js";
import { ServerProcess } from "../support/server-process.js";
import { createTinyModel } from "../support/tiny-model.js";

const RILL = new URL("./path-serve.js", import.meta.url);
const BARE = new URL("./path-bare.js", import.meta.url);

export interface PathServerOptions {
  readonly slots: number;
  /** How long the engine takes for a step; 0: one turn of its event loop. */
  readonly stepMs: number;
  /** Of `rill serve`, by their names. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** `rill serve` in a process of its own, over the scripted engine: all of the path but the model. */
export async function startPathServer({ slots, stepMs, flags }: PathServerOptions): Promise<ServerProcess> {
  const given = {
    model: await createTinyModel(),
    listen: "127.0.0.1:0",
    "admin-listen": "127.0.0.1:0",
    slots: String(slots),
    ...flags,
  };
  const environment = { STEP_MS: String(stepMs) };
  return await ServerProcess.of(ServerChild.launchProgram(RILL, [JSON.stringify(given)], { environment }));
}

/** What the path is measured against: a server of nothing but @grpc/grpc-js. */
export async function startBareServer(): Promise<ServerProcess> {
  return await ServerProcess.of(ServerChild.launchProgram(BARE, []));
}
