import { RawConnection } from "../support/raw-call.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { answerDetails, rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import type { TestServer } from "../support/test-server.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";

/** The status of a GenerateStream with these bytes and this metadata. */
export async function rawRefusal(
  { address }: TestServer,
  call: { request?: Uint8Array; metadata?: Record<string, string> },
): Promise<StatusDetails> {
  await using reader = await RawHttp2Reader.open({ address, method: STREAM, request: new Uint8Array(), ...call });
  return rawStatusDetails(await reader.ended);
}

/** The status of a GenerateStream with a body of these bytes. */
export async function malformedRefusal({ address }: TestServer, body: Uint8Array): Promise<StatusDetails> {
  using connection = await RawConnection.open(address);
  return answerDetails(await connection.call(STREAM, body));
}
