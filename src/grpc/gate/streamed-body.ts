import { GenerationError } from "../../core/generation-error.js";

const PREFIX_BYTES = 5;

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
export function framingProblem(prefix: Uint8Array, maxMessageBytes: number): GenerationError | undefined {
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
