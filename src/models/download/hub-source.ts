import type { HubLocation } from "./catalogue.js";
import { ModelError, systemCodeOf } from "../files/model-error.js";
import type { ModelSource, OpenedSource } from "./model-source.js";
import type { PartialVersion, ResumePoint } from "./partial-file.js";
import { SilenceGuard } from "./silence-guard.js";

export const HUB_ORIGIN = "https://huggingface.co";
/** The hub has this long to answer each request. A closed network often swallows packets instead of refusing them. */
export const HUB_CONNECT_LIMIT_MS = 5_000;
/** A download may stand still for this long. */
const STALL_LIMIT_MS = 60_000;
const REDIRECT_LIMIT = 5;
/** The form of a strong tag. A weak tag does not promise the same bytes. */
const STRONG_ETAG = /^"[\x21\x23-\x7e]{1,200}"$/;
const CONTENT_RANGE = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/;
const SHA256_IN_ETAG = /^"?([0-9a-f]{64})"?$/;

export interface HubSourceOptions {
  readonly location: HubLocation;
  /** The scheme, host and port, without a path. */
  readonly origin: string;
  readonly connectLimitMs: number;
  /** The size of the file if the catalogue knows it. */
  readonly sizeBytes: number | undefined;
}

/** A file on the hub. The hub tells the size and the SHA-256 of large files in the headers of its redirect. */
export class HubSource implements ModelSource {
  readonly name = "hub";
  readonly copies = 1;
  readonly yields = "receiving";
  readonly address: string;
  readonly transferBytes: number | undefined;
  readonly #origin: string;
  readonly #connectLimitMs: number;

  constructor({ location, origin, connectLimitMs, sizeBytes }: HubSourceOptions) {
    const { owner, repo, revision, file } = location;
    this.#origin = origin;
    this.#connectLimitMs = connectLimitMs;
    this.transferBytes = sizeBytes;
    this.address = new URL(`/${owner}/${repo}/resolve/${encodeURIComponent(revision)}/${file}`, origin).href;
  }

  async open(signal: AbortSignal, resume?: ResumePoint): Promise<OpenedSource> {
    const guard = new SilenceGuard(signal);
    try {
      const answer = await this.#request(guard, resume);
      if (resume === undefined || answer.response.status === 200) return this.#opened(answer, guard, signal);
      if (isContinuation(answer, resume)) {
        return this.#opened({ ...answer, offsetBytes: resume.offsetBytes }, guard, signal);
      }
      // The response is a part of another file, or a refusal that may concern the range alone, so the whole file is requested.
      await answer.response.body?.cancel();
      return this.#opened(await this.#request(guard, undefined), guard, signal);
    } catch (error) {
      guard[Symbol.dispose]();
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  async #request(guard: SilenceGuard, resume: ResumePoint | undefined): Promise<HubAnswer> {
    let url = new URL(this.address);
    let announced: HubFacts = { sizeBytes: undefined, sha256: undefined };
    for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects++) {
      guard.allow(this.#connectLimitMs, url.host);
      const response = await fetch(url, {
        redirect: "manual",
        headers: { "accept-encoding": "identity", ...rangeHeaders(resume) },
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

  /** Opens the body of a response. @throws ModelError SOURCE_FAILED for a refusal */
  #opened(
    { response, announced, offsetBytes = 0 }: HubAnswer & { readonly offsetBytes?: number },
    guard: SilenceGuard,
    signal: AbortSignal,
  ): OpenedSource {
    const { body } = response;
    if (response.status !== (offsetBytes > 0 ? 206 : 200) || body === null) {
      throw new ModelError("SOURCE_FAILED", refusalFor(response));
    }
    guard.allow(STALL_LIMIT_MS, "the hub");
    const sizeBytes = announced.sizeBytes ?? (offsetBytes > 0 ? rangeOf(response)?.totalBytes : lengthOf(response));
    return {
      sizeBytes,
      sha256: announced.sha256,
      offsetBytes,
      version: versionOf(response, this.address, sizeBytes),
      // The iterator locks the stream now, because an untouched stream ends without an error when its response is garbage-collected.
      bytes: heardBytes(body.values(), guard, signal),
      [Symbol.asyncDispose]: () => {
        guard[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  }

  #failure(error: unknown): ModelError {
    if (error instanceof ModelError) return error;
    return new ModelError("SOURCE_FAILED", `${new URL(this.#origin).host} does not answer (${reasonOf(error)})`, error);
  }
}

interface HubFacts {
  readonly sizeBytes: number | undefined;
  readonly sha256: string | undefined;
}

interface HubAnswer {
  readonly response: Response;
  readonly announced: HubFacts;
}

/** Returns the headers of a resumed request. The tag comes from the last hop, which sends the bytes; the hub's own redirect ignores it. */
function rangeHeaders(resume: ResumePoint | undefined): Readonly<Record<string, string>> {
  return resume === undefined ? {} : { range: `bytes=${resume.offsetBytes}-`, "if-range": resume.etag };
}

/** Returns whether the response is the missing part of that very version. Some servers ignore If-Range. */
function isContinuation({ response, announced }: HubAnswer, { offsetBytes, etag, sizeBytes }: ResumePoint): boolean {
  if (response.status !== 206 || response.headers.get("etag") !== etag) return false;
  const range = rangeOf(response);
  const isSameSize = announced.sizeBytes === undefined || announced.sizeBytes === sizeBytes;
  return range?.offsetBytes === offsetBytes && range.totalBytes === sizeBytes && isSameSize;
}

interface AnsweredRange {
  readonly offsetBytes: number;
  readonly totalBytes: number;
}

function rangeOf({ headers }: Response): AnsweredRange | undefined {
  const [, offset, total] = CONTENT_RANGE.exec(headers.get("content-range") ?? "") ?? [];
  return offset === undefined ? undefined : { offsetBytes: Number(offset), totalBytes: Number(total) };
}

function versionOf({ headers }: Response, address: string, sizeBytes: number | undefined): PartialVersion | undefined {
  const etag = headers.get("etag") ?? "";
  const isKnown = STRONG_ETAG.test(etag) && !headers.has("content-encoding");
  return isKnown && sizeBytes !== undefined ? { address, etag, sizeBytes } : undefined;
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

/** Adds the facts of a response. The hub's own redirect carries the digest and the storage behind it only an opaque tag, so earlier facts stay. */
function mergeAnnounced(known: HubFacts, { headers }: Response): HubFacts {
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

/** Returns the length of the file. The length of a body that is compressed against the request says nothing about it. */
function lengthOf({ headers }: Response): number | undefined {
  return headers.has("content-encoding") ? undefined : parseCount(headers.get("content-length"));
}

function parseCount(text: string | null): number | undefined {
  if (text === null || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** Returns the reason of a failed fetch, which its error's cause holds. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message === "" ? (systemCodeOf(cause) ?? cause.name) : cause.message;
}
