import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KeySource, MIN_FETCH_INTERVAL_MS } from "../../src/identity/key-source.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { jwksOf, TestIssuer } from "../support/identity-rig.js";
import { ManualClock } from "../support/manual-clock.js";

/** An issuer's web server, whose answer a test sets. */
class IssuerServer implements AsyncDisposable {
  answer: (response: ServerResponse) => void = (response) => response.end("{}");
  requests = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((_, response) => {
      this.requests += 1;
      this.answer(response);
    });
  }

  static async start(port = 0): Promise<IssuerServer> {
    const issuer = new IssuerServer();
    issuer.#server.listen(port, "127.0.0.1");
    await once(issuer.#server, "listening");
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A source of keys by a manual clock, with the messages that it logs. */
async function startSource(location: string): Promise<{ source: KeySource; clock: ManualClock; logged: string[] }> {
  const clock = new ManualClock();
  const logged: string[] = [];
  const note = (_: object, message: string): void => void logged.push(message);
  const log: Logger = { ...silentLogger, info: note, warn: note, child: () => log };
  return { source: await KeySource.start({ location, log, clock }), clock, logged };
}

describe("The keys of an issuer at a URL", () => {
  it("come later if the issuer is away at the start", async () => {
    const gone = await IssuerServer.start();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    const started = await startSource(url);
    using source = started.source;
    await assert.rejects(source.reload(), /is not usable: fetch failed/);
    const loaded = (): number => source.keys?.keys.length ?? 0;
    assert.equal(loaded(), 0);
    await using issuer = await IssuerServer.start(Number(new URL(url).port));
    const jwks = await jwksOf(await TestIssuer.create());
    issuer.answer = (response) => response.end(jwks);
    started.clock.advance(MIN_FETCH_INTERVAL_MS);
    await source.reload();
    assert.equal(loaded(), 1);
    assert.deepEqual(started.logged, [
      "the keys for tokens could not be loaded, and callers with tokens are refused",
      "keys for tokens loaded",
    ]);
  });

  it("stay in use when a later answer is an error, a redirect, too large, slow in coming, or no JWKS", async () => {
    await using issuer = await IssuerServer.start();
    const jwks = await jwksOf(await TestIssuer.create());
    issuer.answer = (response) => response.end(jwks);
    using source = (await startSource(issuer.url)).source;
    await source.reload();
    const first = source.keys;
    const answers: readonly (readonly [RegExp, (response: ServerResponse) => void])[] = [
      [/HTTP status 500/, (response) => response.writeHead(500).end(jwks)],
      [/fetch failed/, (response) => response.writeHead(302, { location: "/other" }).end()],
      [/over 524288 bytes/, (response) => response.end(`{"keys":[${" ".repeat(10 * 1024 * 1024)}]}`)],
      [/no JSON/, (response) => response.end("<html>")],
      [/needs a list named keys/, (response) => response.end("[]")],
      [/none of its keys can verify/, (response) => response.end('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}')],
      [/at most 100/, (response) => response.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) }))],
    ];
    for (const [fault, answer] of answers) {
      issuer.answer = answer;
      await assert.rejects(source.reload(), fault);
      assert.equal(source.keys, first);
    }
  });

  it("are fetched again for a token with an unknown key, but not more often than every ten seconds", async () => {
    await using issuer = await IssuerServer.start();
    const jwks = await jwksOf(await TestIssuer.create());
    issuer.answer = (response) => response.end(jwks);
    const { source, clock } = await startSource(issuer.url);
    using _source = source;
    await source.reload();
    assert.equal(issuer.requests, 1);
    for (let tries = 0; tries < 100; tries += 1) source.noteUnknownKey();
    assert.equal(issuer.requests, 1);
    clock.advance(MIN_FETCH_INTERVAL_MS);
    for (let tries = 0; tries < 100; tries += 1) source.noteUnknownKey();
    await source.reload();
    assert.equal(issuer.requests, 2);
  });
});

describe("The keys of an issuer in a file", () => {
  it("must be there at the start", async () => {
    await assert.rejects(startSource("/nowhere/jwks.json"), /\/nowhere\/jwks\.json cannot be read/);
  });
});
