import { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";

/** The largest message of health and reflection, which contains a name or two. */
const STANDARD_PATHS = "/grpc.";
const STANDARD_MESSAGE_BYTES = 4 * 1024;
/** The size of a message's prefix: the compression flag and the length. */
const PREFIX_BYTES = 5;
const FIRST_GROWTH_BYTES = 16 * 1024;
/** A body counts as scattered if its frames are smaller than this on average, once there are this many of them. */
const MIN_MEAN_CHUNK_BYTES = 64;
const MIN_SCATTERED_CHUNKS = 1_024;

/**
 * Collects the message of a request from the chunks of its stream. A message that arrives in one chunk is kept as it is. Other messages are copied
 * into one buffer, so a body that arrives byte by byte takes no more memory than its size.
 */
export class RequestBody {
  readonly #maxMessageBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** The bytes of `#buffer` that have arrived. */
  #length = 0;
  #chunks = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The memory of the body. */
  get heldBytes(): number {
    return this.#buffer.length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether the first message is complete. */
  get isWhole(): boolean {
    return this.#length >= PREFIX_BYTES && this.#length >= PREFIX_BYTES + this.#messageBytes;
  }

  /** Whether more than one message has arrived. */
  get isExceeded(): boolean {
    return this.isWhole && this.#length > PREFIX_BYTES + this.#messageBytes;
  }

  /** The bytes that are still missing, or those of the prefix while it is incomplete. */
  get missingBytes(): number {
    const most = this.#length < PREFIX_BYTES ? PREFIX_BYTES : this.#most();
    return Math.max(0, most - this.#length);
  }

  /** Everything that has arrived, including the prefix. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds a chunk. Returns an error once the bytes so far prove one. */
  take(chunk: Buffer): GenerationError | undefined {
    this.#chunks += 1;
    if (this.#length === 0) {
      this.#buffer = chunk;
      this.#length = chunk.length;
    } else {
      this.#append(chunk);
    }
    return this.#problem();
  }

  get #messageBytes(): number {
    return this.#buffer.readUInt32BE(1);
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length || this.#chunks === 2) {
      const grown = Buffer.allocUnsafe(
        Math.max(length, Math.min(this.#buffer.length * 2, this.#most()), FIRST_GROWTH_BYTES),
      );
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** The size of the complete message, once its length is known. */
  #most(): number {
    return this.#length < PREFIX_BYTES ? 0 : PREFIX_BYTES + this.#messageBytes;
  }

  #problem(): GenerationError | undefined {
    if (this.#chunks >= MIN_SCATTERED_CHUNKS && this.#length < this.#chunks * MIN_MEAN_CHUNK_BYTES) {
      const text = `the message comes in frames of under ${MIN_MEAN_CHUNK_BYTES} bytes on average`;
      return new GenerationError("TOO_MANY_REQUEST_BYTES", text);
    }
    return framingProblem(this.bytes.subarray(0, PREFIX_BYTES), this.#maxMessageBytes);
  }
}

/** Checks the prefix of each message in a stream of requests on its way to grpc-js. It keeps no message. */
export class StreamedBody {
  readonly #maxMessageBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  /** The missing bytes of the current message. */
  #remainingBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Passes a chunk. Returns an error once the bytes so far prove one. */
  pass(chunk: Buffer): GenerationError | undefined {
    let position = 0;
    while (position < chunk.length) {
      const passed = Math.min(this.#remainingBytes, chunk.length - position);
      this.#remainingBytes -= passed;
      position += passed;
      if (this.#remainingBytes > 0) return undefined;
      const copied = chunk.copy(this.#prefix, this.#prefixBytes, position);
      this.#prefixBytes += copied;
      position += copied;
      if (this.#prefixBytes < PREFIX_BYTES) return undefined;
      this.#prefixBytes = 0;
      const problem = framingProblem(this.#prefix, this.#maxMessageBytes);
      if (problem !== undefined) return problem;
      this.#remainingBytes = this.#prefix.readUInt32BE(1);
    }
    return undefined;
  }
}

/** Finds a problem with a message by as much of its prefix as has arrived. */
function framingProblem(prefix: Uint8Array, maxMessageBytes: number): GenerationError | undefined {
  const [flag] = prefix;
  if (flag === 1) {
    const text = "the message's flag says that it is compressed, and the call names no grpc-encoding";
    return new GenerationError("MALFORMED_FRAME", text);
  }
  if (flag !== 0 && flag !== undefined) {
    return new GenerationError("MALFORMED_FRAME", `the message's flag is ${flag}; only 0 and 1 are known`);
  }
  if (prefix.length < PREFIX_BYTES) return undefined;
  const bytes = Buffer.from(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).readUInt32BE(1);
  if (bytes <= maxMessageBytes) return undefined;
  const facts = { message_bytes: String(bytes), max_message_bytes: String(maxMessageBytes) };
  return new GenerationError("MESSAGE_TOO_LARGE", `the message takes ${bytes} bytes; at most ${maxMessageBytes}`, {
    facts,
  });
}

/** The largest message that a method accepts. */
export function maxMessageBytesOf(path: string, { messageBytes }: Limits): number {
  return path.startsWith(STANDARD_PATHS) ? STANDARD_MESSAGE_BYTES : messageBytes;
}
