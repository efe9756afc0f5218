import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { AdminServer } from "../../src/admin/admin-server.js";
import type { ServerView } from "../../src/admin/server-view.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import type { Lifecycle } from "../../src/core/load-snapshot.js";
import { systemClock } from "../../src/sync/clock.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { LOAD_EXAMPLE } from "./load-example.js";
import { viewIn } from "./view-example.js";

const COMMON = {
  access: undefined,
  maxConnections: 512,
  hosts: ["rill.example.com"],
  log: silentLogger,
  clock: systemClock,
};

const startServer = (view: () => ServerView): Promise<AdminServer> =>
  AdminServer.start({ listen: { host: "127.0.0.1", port: 0 }, certificates: undefined, ...COMMON, view });

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function ask(server: AdminServer, path: string, method = "GET"): Promise<Reply> {
  const outgoing = request(`http://${server.address}${path}`, { method, agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

describe("admin server", () => {
  it("shows on /metrics what the snapshot says", async () => {
    await using server = await startServer(() => viewIn("serving"));
    const { status, headers, body } = await ask(server, "/metrics");
    assert.equal(status, 200);
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const lines = body.split("\n");
    for (const line of [
      'rill_build_info{version="1.2.3"} 1',
      'rill_lifecycle{state="serving"} 1',
      'rill_lifecycle{state="draining"} 0',
      "rill_slots 8",
      "rill_slots_busy 3",
      'rill_queue_waiting{lane="interactive"} 2',
      'rill_queue_waiting{lane="batch"} 1',
      'rill_queue_capacity{lane="batch"} 31',
      'rill_generations{state="running"} 2',
      'rill_generations{state="parked"} 1',
      'rill_generations{state="preempted"} 1',
      "rill_preemptions_total 6",
      "rill_reprefilled_tokens_total 70",
      "rill_draft_tokens_total 800",
      "rill_accepted_draft_tokens_total 610",
      'rill_generations{state="waiting"} 0',
      "rill_kv_tokens_used 1234",
      "rill_kv_tokens_capacity 32768",
      "rill_estimated_wait_low_seconds 0.25",
      "rill_estimated_wait_high_seconds 1.5",
      'rill_waits_estimated_total{outcome="shorter"} 11',
      'rill_waits_estimated_total{outcome="within"} 47',
      'rill_waits_estimated_total{outcome="longer"} 13',
      "# TYPE rill_wait_estimate_error_seconds histogram",
      'rill_wait_estimate_error_seconds_bucket{le="-10"} 1',
      'rill_wait_estimate_error_seconds_bucket{le="0.03"} 42',
      'rill_wait_estimate_error_seconds_bucket{le="+Inf"} 71',
      "rill_wait_estimate_error_seconds_sum 12.5",
      "rill_wait_estimate_error_seconds_count 71",
      "rill_generations_accepted_total 100",
      'rill_generations_refused_total{reason="QUEUE_FULL"} 7',
      'rill_generations_refused_total{reason="DRAINING"} 0',
      'rill_calls_refused_total{reason="MESSAGE_TOO_LARGE"} 2',
      'rill_calls_refused_total{reason="HTTP_415"} 1',
      'rill_calls_refused_total{reason="DRAINING"} 0',
      'rill_generations_ended_total{outcome="end_of_turn"} 90',
      'rill_generations_ended_total{outcome="SLOW_READER"} 4',
      "rill_input_tokens_total 5000",
      "rill_reused_input_tokens_total 600",
      "rill_decoded_tokens_total 7000",
      "rill_delivered_tokens_total 6900",
      "rill_store_calls_under_way 3",
      'rill_store_calls_total{operation="openTurn",outcome="ok"} 1',
      'rill_store_calls_total{operation="commitTurn",outcome="refused"} 1',
      'rill_store_calls_total{operation="sweep",outcome="unavailable"} 1',
      'rill_store_calls_total{operation="get",outcome="ok"} 0',
      'rill_store_call_seconds_bucket{le="0.005"} 1',
      'rill_store_call_seconds_bucket{le="0.01"} 2',
      "rill_store_call_seconds_sum 0.011",
      "rill_store_call_seconds_count 2",
      "rill_response_body_bytes 8192",
      "rill_connections 12",
      "rill_connections_capacity 4096",
      "rill_connections_refused_total 5",
      'rill_connections_closed_total{reason="crowded"} 3',
      "rill_log_lines_dropped_total 9",
      'rill_limit{name="calls"} 1024',
      'rill_limit{name="slowReaderStallMs"} 30000',
    ]) {
      assert.ok(lines.includes(line), `${line} is missing in:\n${body}`);
    }
  });

  it("shows every limit, and a series for each member of a closed set from the start on", async () => {
    await using server = await startServer(() => viewIn("starting"));
    const { body } = await ask(server, "/metrics");
    for (const name of Object.keys(DEFAULT_LIMITS)) assert.ok(body.includes(`rill_limit{name="${name}"} `), name);
    assert.match(body, /^rill_slots 0$/m);
    assert.match(body, /^rill_generations_ended_total\{outcome="ENGINE_LOST"\} 0$/m);
  });

  it("follows the snapshot from one scrape to the next", async () => {
    let load = LOAD_EXAMPLE;
    await using server = await startServer(() => ({ ...viewIn("serving"), load }));
    await ask(server, "/metrics");
    load = { ...load, slots: { total: 8, busy: 0 } };
    assert.match((await ask(server, "/metrics")).body, /^rill_slots_busy 0$/m);
  });

  it("is live in every state but failed, and ready only while serving", async () => {
    let lifecycle: Lifecycle = "starting";
    await using server = await startServer(() => viewIn(lifecycle));
    const seen: string[] = [];
    for (lifecycle of ["starting", "serving", "draining", "stopped", "failed"] satisfies Lifecycle[]) {
      const [live, ready] = [await ask(server, "/livez"), await ask(server, "/readyz")];
      seen.push(`${ready.body.trim()} ${String(live.status)} ${String(ready.status)}`);
    }
    assert.deepEqual(seen, [
      "starting 200 503",
      "serving 200 200",
      "draining 200 503",
      "stopped 200 503",
      "failed 503 503",
    ]);
  });

  it("answers HEAD without a body, a query like none, another path 404, another method 405", async () => {
    await using server = await startServer(() => viewIn("serving"));
    const head = await ask(server, "/readyz", "HEAD");
    assert.deepEqual([head.status, head.body], [200, ""]);
    assert.equal((await ask(server, "/readyz?verbose")).status, 200);
    assert.equal((await ask(server, "/metricsx")).status, 404);
    assert.equal((await ask(server, "/")).status, 404);
    const post = await ask(server, "/metrics", "POST");
    assert.deepEqual([post.status, post.headers.allow], [405, "GET, HEAD"]);
  });

  it("answers 500 when the view fails, and goes on", async () => {
    let fails = true;
    await using server = await startServer(() => {
      if (fails) throw new Error("broken");
      return viewIn("serving");
    });
    const { status, body } = await ask(server, "/metrics");
    assert.deepEqual([status, body], [500, "internal error\n"]);
    fails = false;
    assert.equal((await ask(server, "/readyz")).status, 200);
  });

  it("refuses a header that is too large", async () => {
    await using server = await startServer(() => viewIn("serving"));
    const outgoing = request(`http://${server.address}/metrics`, {
      agent: false,
      headers: { "x-long": "x".repeat(9_000) },
    });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    assert.equal(response.statusCode, 431);
    response.resume();
  });

  it("cuts off a request that does not come to its end", async function () {
    this.timeout(15_000);
    await using server = await startServer(() => viewIn("serving"));
    const [host = "", port = ""] = server.address.split(":");
    const socket = connect(Number(port), host);
    let reply = "";
    socket.on("data", (data) => (reply += String(data)));
    socket.write("GET /livez HTTP/1.1\r\nx-slow: ");
    await once(socket, "close");
    assert.match(reply, /^HTTP\/1\.1 408 /);
  });

  it("says which address it cannot have", async () => {
    await using server = await startServer(() => viewIn("serving"));
    const port = Number(server.address.split(":")[1]);
    await assert.rejects(
      AdminServer.start({
        listen: { host: "127.0.0.1", port },
        certificates: undefined,
        ...COMMON,
        view: () => viewIn("serving"),
      }),
      new RegExp(`cannot listen on ${server.address}.*in use`),
    );
  });

  it("writes an IPv6 address with brackets", async function () {
    const probe = connect({ host: "::1", port: 1 });
    const [error] = (await once(probe, "error")) as [NodeJS.ErrnoException];
    if (error.code !== "ECONNREFUSED") return this.skip();
    await using server = await AdminServer.start({
      listen: { host: "::1", port: 0 },
      certificates: undefined,
      ...COMMON,
      view: () => viewIn("serving"),
    });
    assert.match(server.address, /^\[::1\]:\d+$/);
  });

  it("ends open connections when it is closed", async () => {
    const server = await startServer(() => viewIn("serving"));
    const { port } = new URL(`http://${server.address}`);
    const idle = connect({ host: "127.0.0.1", port: Number(port) });
    await once(idle, "connect");
    assert.ok((idle.address() as AddressInfo).port > 0);
    const ended = once(idle.resume(), "close");
    await server[Symbol.asyncDispose]();
    await ended;
  });
});
