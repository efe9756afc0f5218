import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

import { sha256Of } from "./small-gguf.js";

/** How the server answers one request. */
export type HubAnswer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server on the loopback in the hub's place. Disposing it cuts every connection. */
export class HubServer implements AsyncDisposable {
  readonly origin: string;
  /** The path of each request, in order. */
  readonly requests: string[] = [];
  /** The range that each request asked for; undefined: the whole. */
  readonly ranges: (string | undefined)[] = [];
  /** The answers of the server, which a test may change at any time. */
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
      this.ranges.push(request.headers.range);
      void this.answer(request, response);
    });
  }

  /** As when the network goes away. */
  cutConnections(): void {
    this.#server.closeAllConnections();
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

/** The faults of a server that can resume a file in the middle. */
export interface RangeFaults {
  /** Where in the file it stops sending without ending the answer, by where it began; told of each answer once. */
  readonly stopAt?: (offsetBytes: number) => number;
  /** Sends the part that was asked for of whatever file there is now. */
  readonly ignoresIfRange?: boolean;
}

/** The file, with a tag, from where it is asked for: as storage servers do. */
export function answerRanges(bytes: Uint8Array, faults: RangeFaults = {}): HubAnswer {
  const etag = `"${sha256Of(bytes).slice(0, 16)}"`;
  return (request, response) => {
    const { range, "if-range": ifRange } = request.headers;
    const isSame = ifRange === undefined || ifRange === etag || faults.ignoresIfRange === true;
    const offset = isSame ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (offset >= bytes.length) return void response.writeHead(416).end();
    const contentRange = `bytes ${String(offset)}-${String(bytes.length - 1)}/${String(bytes.length)}`;
    response.writeHead(offset > 0 ? 206 : 200, {
      etag,
      "content-length": bytes.length - offset,
      ...(offset > 0 ? { "content-range": contentRange } : {}),
    });
    const end = faults.stopAt?.(offset) ?? bytes.length;
    if (end >= bytes.length) response.end(bytes.subarray(offset));
    else response.write(bytes.subarray(offset, end));
  };
}

/** The first half of the file, then nothing until the gate opens. */
export function answerInHalves(bytes: Uint8Array, gate: Promise<void>, headers: OutgoingHttpHeaders = {}): HubAnswer {
  const half = Math.ceil(bytes.length / 2);
  return async (_request, response) => {
    response.writeHead(200, { "content-length": bytes.length, ...headers });
    response.write(bytes.subarray(0, half));
    await gate;
    response.end(bytes.subarray(half));
  };
}

export function answerStatus(status: number): HubAnswer {
  return (_request, response) => void response.writeHead(status).end("sorry");
}
