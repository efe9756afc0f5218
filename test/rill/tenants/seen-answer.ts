import type { ContractMessage } from "../../support/contract-client.js";

/** An answer as it came. */
interface Answer {
  readonly name: string;
  readonly messages: readonly ContractMessage[];
  readonly status: {
    readonly code: number;
    readonly details: string;
    readonly reason: string | undefined;
    readonly facts: Readonly<Record<string, string>>;
    readonly fields: readonly string[];
    readonly descriptions: readonly string[];
  };
}

/** Fields with random ids, and fields that tell a time or a pace. They differ between two runs of the same calls without another tenant, too. */
const VARYING = new Set([
  ...["generation_id", "session_id", "next_page_token", "seed", "instance_id"],
  ...["start_time", "created_time", "ended_time", "used_time", "timings", "age", "time_in_state"],
  ...["estimated_wait_low", "estimated_wait_high", "restarts"],
  ...["delivered_output_tokens", "undelivered_output_tokens", "delivered_tokens"],
]);
/** Fields of a generation that writes for ever. */
const ENDLESS_FIELDS = new Set(["state", "decoded_tokens", "output_tokens"]);
/** Events whose number depends on the pace. */
const PACED_EVENTS = ["queued", "prefill", "heartbeat", "chunk"];
const ID = /\b(?:gen|ses)_[\w-]+/g;

/** Returns the part of an answer that must not depend on any other tenant. */
export function seenBy({ name, messages, status }: Answer): object {
  const kept = messages.filter((message) => !PACED_EVENTS.some((event) => event in message));
  const text = messages.map(textOf).join("");
  // The text of an endless output is as long as its time was.
  const isWhole = status.code === 0;
  return {
    name,
    messages: kept.map((message) => settled(message, name.endsWith("/CancelGeneration"))),
    text: isWhole ? text : "",
    status: JSON.parse(JSON.stringify(status).replaceAll(ID, "ID")) as unknown,
  };
}

function textOf({ chunk }: ContractMessage): string {
  return typeof chunk === "object" && chunk !== null && "text" in chunk ? String(chunk.text) : "";
}

/** Replaces what varies, and drops the numbers of messages. */
function settled(value: unknown, isLoad = false): unknown {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) return value.map((member) => settled(member, isLoad));
  if (typeof value === "string") return value.replaceAll(ID, "ID");
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "sequence" && !VARYING.has(name) && !(isLoad && ENDLESS_FIELDS.has(name)))
      .map(([name, member]) => [name, settled(member, isLoad || name === "load" || isEndless(value))]),
  );
}

/** Whether the report is of a generation that writes for ever. */
function isEndless(value: object): boolean {
  return "request_id" in value && value.request_id === "busy";
}
