import { askRaw } from "./ask-raw.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { claimAll } from "./claims.js";
import { framedGeneration, METHOD } from "./methods.js";

/** At 20 ms each: long enough for the deadlines that were cut to some seconds to pass. */
const OUTPUT_TOKENS = 120;
const OK = "0";
const INVALID_ARGUMENT = "3";
const LONG = ["99999999H", "99999999M", "99999999S", "4294969S", "2592000S", "99999999m", "600H"];
const MALFORMED = ["1.2S", "0.5S", "-2S", "+2S", "100000000S", "1000000000n", "1 S", "S", "5", "5x", "5SS", "0x5S"];

async function askWith({ address }: Ground, timeout: string, wanted: string) {
  const metadata = { "grpc-timeout": timeout };
  const body = framedGeneration(OUTPUT_TOKENS);
  const { grpcStatus, headers } = await askRaw({ address, method: METHOD.stream, metadata, body });
  const named = wanted === OK || String(headers["grpc-message"]).includes("grpc-timeout");
  return { name: timeout, got: `${String(grpcStatus)}${named ? "" : " without the header's name"}`, wanted };
}

export const DEADLINES: readonly Attack[] = [
  {
    name: "deadlines",
    sends: "generation streams with long and with malformed values of grpc-timeout",
    run: async (ground: Ground): Promise<Outcome> => {
      const long = await Promise.all(LONG.map((timeout) => askWith(ground, timeout, OK)));
      const malformed = await Promise.all(MALFORMED.map((timeout) => askWith(ground, timeout, INVALID_ARGUMENT)));
      return {
        claims: [
          claimAll("long deadlines under which a stream came whole", long),
          claimAll("malformed deadlines that were refused by their header's name", malformed),
        ],
      };
    },
  },
];
