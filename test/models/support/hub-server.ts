import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { sha256Of } from "./small-gguf.js";

/** How the server answers one request. */
export type HubAnswer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server on the loopback in the hub's place. Disposing it cuts every connection. */
export class HubServer implements AsyncDisposable {
  readonly origin: string;
  /** The path of each request, in order. */
  readonly requests: string[] = [];
  /** What it answers; may be changed at any time. */
  answer: HubAnswer;
  readonly #server: Server;

  static async start(answer: HubAnswer): Promise<HubServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new HubServer(server, answer);
  }

  private constructor(server: Server, answer: HubAnswer) {
    this.#server = server;
    this.answer = answer;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => {
      this.requests.push(request.url ?? "");
      void this.answer(request, response);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The file, whole, at once. */
export function answerFile(bytes: Uint8Array): HubAnswer {
  return (_request, response) => void response.writeHead(200, { "content-length": bytes.length }).end(bytes);
}

/** As the hub does with large files: a redirect that carries size and digest, then the file from its storage. */
export function answerByRedirect(bytes: Uint8Array, sha256 = sha256Of(bytes)): HubAnswer {
  const serve = answerFile(bytes);
  return (request, response) => {
    if (request.url?.startsWith("/storage/") === true) return serve(request, response);
    response.writeHead(302, { location: "/storage/1", "x-linked-etag": `"${sha256}"`, "x-linked-size": bytes.length });
    response.end();
  };
}

/** The first half of the file, then nothing until the gate opens. */
export function answerInHalves(bytes: Uint8Array, gate: Promise<void>): HubAnswer {
  const half = Math.ceil(bytes.length / 2);
  return async (_request, response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, half));
    await gate;
    response.end(bytes.subarray(half));
  };
}

export function answerStatus(status: number): HubAnswer {
  return (_request, response) => void response.writeHead(status).end("sorry");
}
