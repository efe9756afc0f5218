import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createLlamaDriver } from "./llama-driver.js";

type Answer = (response: ServerResponse, body: Readonly<Record<string, unknown>>) => void;

const event = (fields: object): string =>
  `data: ${JSON.stringify({ content: "", stop: false, tokens_evaluated: 3, ...fields })}\n\n`;

/** Something that answers as llama-server does. */
async function withPeer(answer: Answer, act: (baseUrl: string, sockets: Set<unknown>) => Promise<void>): Promise<void> {
  const sockets = new Set<unknown>();
  const server = createServer((request: IncomingMessage, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => answer(response, JSON.parse(text) as Readonly<Record<string, unknown>>));
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("the driver of llama-server", () => {
  it("counts tokens by the server's own count, however events are cut, on one connection for calls in turn", async () => {
    const answer: Answer = (response) => {
      const text =
        event({ tokens_predicted: 1 }) + event({ tokens_predicted: 4 }) + event({ tokens_predicted: 4, stop: true });
      response.write(text.slice(0, 70));
      setImmediate(() => response.end(text.slice(70)));
    };
    await withPeer(answer, async (baseUrl, sockets) => {
      using driver = createLlamaDriver(baseUrl);
      for (let call = 0; call < 2; call += 1) {
        const tokens: number[] = [];
        const ending = await driver.generate({ prompt: "Hi", outputTokens: 4 }, (count) => tokens.push(count));
        assert.deepEqual([tokens, ending], [[1, 3], { inputTokens: 3 }]);
      }
      assert.equal(sockets.size, 1);
    });
  });

  it("asks for greedy output that goes on, and lets prompts be reused only where they may be", async () => {
    const bodies: Readonly<Record<string, unknown>>[] = [];
    const answer: Answer = (response, body) => {
      bodies.push(body);
      response.end(event({ tokens_predicted: 4, stop: true }));
    };
    await withPeer(answer, async (baseUrl) => {
      using driver = createLlamaDriver(baseUrl);
      await driver.generate({ prompt: "Hi", outputTokens: 4 }, () => {});
      await driver.generate({ prompt: "Hi", outputTokens: 4, mayReuse: true }, () => {});
    });
    const asked = { prompt: "Hi", n_predict: 4, temperature: 0, ignore_eos: true, stream: true };
    assert.deepEqual(bodies, [
      { ...asked, cache_prompt: false },
      { ...asked, cache_prompt: true },
    ]);
  });

  it("calls again where a kept connection turns out to be closed", async () => {
    let calls = 0;
    const answer: Answer = (response) => {
      calls += 1;
      if (calls === 2) response.socket?.resetAndDestroy();
      else response.end(event({ tokens_predicted: 1, stop: true }));
    };
    await withPeer(answer, async (baseUrl) => {
      using driver = createLlamaDriver(baseUrl);
      for (let call = 0; call < 2; call += 1) await driver.generate({ prompt: "Hi", outputTokens: 1 }, () => {});
      assert.equal(calls, 3);
    });
  });

  it("fails where the server refuses, or ends without its last event", async () => {
    const answers: Answer[] = [
      (response) => response.writeHead(503).end("loading"),
      (response) => response.end(event({ tokens_predicted: 1 })),
    ];
    await withPeer(
      (response, body) => answers.shift()?.(response, body),
      async (baseUrl) => {
        using driver = createLlamaDriver(baseUrl);
        const call = (): Promise<unknown> => driver.generate({ prompt: "Hi", outputTokens: 1 }, () => {});
        await assert.rejects(call(), /answered 503/);
        await assert.rejects(call(), /without its last event/);
      },
    );
  });
});
