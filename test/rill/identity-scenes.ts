import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { IdentityRig, type IdentityRigOptions, KEY } from "../support/identity-rig.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const STREAM = "rill.v1.GenerationService/GenerateStream";

/** Calls a server that has the rig's identity, and lets `during` act once the stream has begun. */
async function refused(
  options: IdentityRigOptions,
  { authorization, during }: { authorization?: string; during?: (rig: IdentityRig) => Promise<void> },
): Promise<StatusDetails> {
  await using rig = await IdentityRig.open(options);
  await using server = await TestServer.start({ identify: rig.identify, engine: { cycle: true, stepMs: 5 } });
  const request = GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65])).finish();
  const metadata = authorization === undefined ? {} : { authorization };
  await using reader = await RawHttp2Reader.open({ address: server.address, method: STREAM, request, metadata });
  if (during !== undefined) {
    await reader.waitForMessages(1);
    await during(rig);
  }
  return rawStatusDetails(await reader.ended);
}

/** The reasons that are about the caller alone. */
type IdentityReason = "UNAUTHENTICATED" | "IDENTITY_UNAVAILABLE" | "PERMISSION_DENIED" | "CREDENTIALS_REVOKED";

/** How a call comes to end with each of the reasons about its caller. */
export const IDENTITY_SCENES: Readonly<Record<IdentityReason, () => Promise<StatusDetails>>> = {
  UNAUTHENTICATED: () => refused({}, {}),
  IDENTITY_UNAVAILABLE: () => refused({ jwtKeys: "http://127.0.0.1:1/jwks" }, { authorization: "Bearer a.b.c" }),
  PERMISSION_DENIED: () => refused({ permissions: ["tokens"] }, { authorization: `Bearer ${KEY}` }),
  CREDENTIALS_REVOKED: () =>
    refused(
      {},
      {
        authorization: `Bearer ${KEY}`,
        during: async (rig) => {
          await rig.write("tenants: {}");
          await rig.reload();
        },
      },
    ),
};
