import { GenerationError } from "../../core/generation-error.js";

const PREFIX_BYTES = 5;

/** Looks at a stream of requests as it passes to grpc-js, and holds each message's prefix to its bounds. Keeps no message. */
export class StreamedBody {
  readonly #maxMessageBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  /** Of the message under way. */
  #remainingBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Returns the error that the bytes so far have made sure of, if any. */
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

/** What is wrong with a message by its prefix, as far as that has come. */
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
