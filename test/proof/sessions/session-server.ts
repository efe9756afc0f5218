import { ServerChild } from "../../support/server-child.js";

const PROGRAM = new URL("./session-serve.js", import.meta.url);

export interface SessionServerOptions {
  /** As `--store` takes it. */
  readonly store: string;
  readonly modelPath: string;
  /** Default 1s, the shortest there is. */
  readonly turnLease?: string;
}

/** A server of the proof in a process of its own: all of `rill serve` but the model. */
export function launchSessionServer({ store, modelPath: model, turnLease = "1s" }: SessionServerOptions): ServerChild {
  const ports = { listen: "127.0.0.1:0", "admin-listen": "off" };
  const flags = { model, store, ...ports, slots: "4", "turn-lease": turnLease };
  return ServerChild.launchProgram(PROGRAM, [JSON.stringify(flags)]);
}
