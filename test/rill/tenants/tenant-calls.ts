import { setTimeout as pause } from "node:timers/promises";
import type { PackageDefinition } from "@grpc/proto-loader";
import { ContractClient } from "../../support/contract-client.js";
import { readDetails } from "../../support/status-details.js";
import { tenantMetadata } from "../../support/test-tenants.js";
import { seenBy } from "./seen-answer.js";

/** Texts and names that both tenants use, so that whatever is kept by them alone is met by both. */
export const SHARED = {
  prompt: "The same long beginning of a prompt, which both of the tenants send. ".repeat(6),
  requestId: "shared",
  busyId: "busy",
  key: "key",
  turnKey: "turn-key",
  schema: '{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}',
} as const;

/** Prompts the scripted engine to write for ever. */
export const ENDLESS = { token_ids: { ids: [60_006, 65] } };

/** The ids of a tenant's newest generation and session, which the other tenant may try. */
export interface KnownIds {
  generation: string;
  session: string;
  pageToken: string;
}

interface ReportedGeneration {
  readonly state?: string;
  readonly finish_reason?: string;
  readonly status?: object;
}

const DECODING: ReadonlySet<string> = new Set(["GENERATION_STATE_RUNNING", "GENERATION_STATE_PARKED"]);

/** Returns ids that belong to nothing. */
export function unknownIds(): KnownIds {
  return { generation: "gen_AAAAAAAAAAAAAAAA", session: "ses_AAAAAAAAAAAAAAAAAAAAAAAA", pageToken: "" };
}

/** The calls of one tenant. Every answer is kept as far as it may depend on nobody else. */
export class TenantCalls implements Disposable {
  readonly ids = unknownIds();
  readonly #client: ContractClient;
  /** The methods that were called. */
  readonly methods = new Set<string>();

  constructor(address: string, contract: PackageDefinition, tenant: string) {
    this.#client = new ContractClient(address, contract, tenantMetadata(tenant));
  }

  /** Calls a method of rill.v1 and reads to the end. @param name such as ServerService/GetLoad @param until ends an endless stream */
  async ask(name: string, request: object, until?: number): Promise<object> {
    this.methods.add(name);
    const { messages, code, details, metadata } = await this.#client.call(`rill.v1.${name}`, [request], until);
    for (const message of messages) this.#learn(message);
    const { reason, facts, fields, descriptions } = readDetails(code, details, metadata);
    return seenBy({ name, messages, status: { code, details, reason, facts, fields, descriptions } });
  }

  /** Opens an endless generation, and resolves once it decodes. The returned function waits for its end. */
  async begin(requestId: string): Promise<() => Promise<object>> {
    const ending = this.ask("GenerationService/GenerateStream", { ...ENDLESS, request_id: requestId });
    let isOver = false;
    void ending.then(() => (isOver = true));
    await this.#until(requestId, ({ state = "" }) => isOver || DECODING.has(state));
    return () => ending;
  }

  /** Resolves once nothing of the generation is held. */
  async ended(requestId: string): Promise<void> {
    await this.#until(requestId, ({ finish_reason: reason, status }) => (reason ?? status) !== undefined);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  async #until(requestId: string, satisfies: (generation: ReportedGeneration) => boolean): Promise<void> {
    for (;;) {
      const target = { request_id: requestId };
      const { messages } = await this.#client.call("rill.v1.GenerationService/GetGeneration", [target]);
      this.#learn(messages);
      if (satisfies(messages[0]?.generation ?? {})) return;
      await pause(1);
    }
  }

  #learn(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member !== "string") this.#learn(member);
      else if (member !== "" && name === "generation_id") this.ids.generation = member;
      else if (member !== "" && name === "session_id") this.ids.session = member;
      else if (member !== "" && name === "next_page_token") this.ids.pageToken = member;
    }
  }
}
