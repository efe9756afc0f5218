import { type ServiceError, status as Status } from "@grpc/grpc-js";
import type { Generation } from "../../generated/rill/v1/generation.js";
import type { GetGenerationRequest } from "../../generated/rill/v1/generation_service.js";
import type { TestClient } from "./test-client.js";

/** Asks for the generation until it is known and satisfies. What never comes is stopped by the test's own time limit. */
export async function knownWhen(
  client: TestClient,
  target: NonNullable<GetGenerationRequest["target"]>,
  satisfies: (generation: Generation) => boolean,
): Promise<Generation> {
  for (;;) {
    const generation = await client.known(target).catch(ignoreNotFound);
    if (generation !== undefined && satisfies(generation)) return generation;
  }
}

function ignoreNotFound(error: ServiceError): undefined {
  if (error.code !== Status.NOT_FOUND) throw error;
}

/** The generation, once it has ended. */
export function endedGeneration(client: TestClient, requestId: string): Promise<Generation> {
  return knownWhen(client, { $case: "requestId", value: requestId }, ({ end }) => end !== undefined);
}
