import type { HubLocation } from "./catalogue.js";
import { systemCodeOf } from "./disk-error.js";
import { ModelError } from "./model-error.js";
import type { ModelSource, OpenedSource } from "./model-source.js";
import { SilenceGuard } from "./silence-guard.js";

/** The model hub. */
export const HUB_ORIGIN = "https://huggingface.co";
/** How long the hub may take to answer, per request: a closed network often swallows packets instead of refusing them. */
export const HUB_CONNECT_LIMIT_MS = 5_000;
/** How long a download may stand still. */
const STALL_LIMIT_MS = 60_000;
const REDIRECT_LIMIT = 5;
const SHA256_IN_ETAG = /^"?([0-9a-f]{64})"?$/;

export interface HubSourceOptions {
  readonly location: HubLocation;
  /** Scheme, host and port; no path. */
  readonly origin: string;
  readonly connectLimitMs: number;
}

/** A file on the hub. The hub tells size and SHA-256 of large files in the headers of its redirect; both are passed on. */
export class HubSource implements ModelSource {
  readonly name = "hub";
  readonly copies = 1;
  readonly address: string;
  readonly #origin: string;
  readonly #connectLimitMs: number;

  constructor({ location, origin, connectLimitMs }: HubSourceOptions) {
    const { owner, repo, revision, file } = location;
    this.#origin = origin;
    this.#connectLimitMs = connectLimitMs;
    this.address = new URL(`/${owner}/${repo}/resolve/${encodeURIComponent(revision)}/${file}`, origin).href;
  }

  async open(signal: AbortSignal): Promise<OpenedSource> {
    const guard = new SilenceGuard(signal);
    try {
      return openedFrom(await this.#request(guard), guard, signal);
    } catch (error) {
      guard[Symbol.dispose]();
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  async #request(guard: SilenceGuard): Promise<Answer> {
    let url = new URL(this.address);
    let announced: Announced = { sizeBytes: undefined, sha256: undefined };
    for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects++) {
      guard.allow(this.#connectLimitMs, url.host);
      const response = await fetch(url, {
        redirect: "manual",
        headers: { "accept-encoding": "identity" },
        signal: guard.signal,
      });
      announced = mergeAnnounced(announced, response);
      const target = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || target === null) return { response, announced };
      await response.body?.cancel();
      url = safeRedirect(url, target);
    }
    throw new ModelError("SOURCE_FAILED", `the hub redirected more than ${REDIRECT_LIMIT} times`);
  }

  #failure(error: unknown): ModelError {
    if (error instanceof ModelError) return error;
    return new ModelError("SOURCE_FAILED", `${new URL(this.#origin).host} does not answer (${reasonOf(error)})`, error);
  }
}

interface Announced {
  readonly sizeBytes: number | undefined;
  readonly sha256: string | undefined;
}

interface Answer {
  readonly response: Response;
  readonly announced: Announced;
}

function openedFrom({ response, announced }: Answer, guard: SilenceGuard, signal: AbortSignal): OpenedSource {
  const { body } = response;
  if (response.status !== 200 || body === null) throw new ModelError("SOURCE_FAILED", refusalFor(response));
  guard.allow(STALL_LIMIT_MS, "the hub");
  return {
    sizeBytes: announced.sizeBytes ?? lengthOf(response),
    sha256: announced.sha256,
    bytes: heardBytes(body, guard, signal),
    [Symbol.asyncDispose]: () => {
      guard[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

async function* heardBytes(
  body: AsyncIterable<Uint8Array>,
  guard: SilenceGuard,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const block of body) {
      guard.heard();
      yield block;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ModelError) throw error;
    throw new ModelError("SOURCE_FAILED", `the connection to the hub broke (${reasonOf(error)})`, error);
  }
}

/** The hub's own redirect carries the digest; the storage behind it only an opaque tag, so what is known first stays. */
function mergeAnnounced(known: Announced, { headers }: Response): Announced {
  return {
    sizeBytes: known.sizeBytes ?? parseCount(headers.get("x-linked-size")),
    sha256: known.sha256 ?? SHA256_IN_ETAG.exec(headers.get("x-linked-etag") ?? "")?.[1],
  };
}

function safeRedirect(from: URL, target: string): URL {
  const to = new URL(target, from);
  const isSafe = to.protocol === "https:" || to.protocol === from.protocol;
  if (!isSafe)
    throw new ModelError("SOURCE_FAILED", `${from.host} redirected to ${to.protocol}, which is not followed`);
  return to;
}

function refusalFor({ status }: Response): string {
  if (status === 401 || status === 403)
    return `the hub refused the file (HTTP ${status}): it is private, gated or does not exist`;
  if (status === 404) return "the hub has no such file (HTTP 404)";
  return `the hub answered HTTP ${status}`;
}

/** Of the file; of a body that is compressed against our wish, the length says nothing about it. */
function lengthOf({ headers }: Response): number | undefined {
  return headers.has("content-encoding") ? undefined : parseCount(headers.get("content-length"));
}

function parseCount(text: string | null): number | undefined {
  if (text === null || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** `fetch` hides what went wrong in its error's cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message === "" ? (systemCodeOf(cause) ?? cause.name) : cause.message;
}
