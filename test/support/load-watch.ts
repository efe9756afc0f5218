import type { GenerationLoad, Load } from "../../generated/rill/v1/load.js";
import type { TestClient } from "./test-client.js";

/** Asks for the load until it satisfies. What never comes is stopped by the test's own time limit. */
export async function loadWhen(client: TestClient, satisfies: (load: Load) => boolean): Promise<Load> {
  for (;;) {
    const load = await client.load();
    if (satisfies(load)) return load;
  }
}

/** The first generation that satisfies, as soon as there is one. */
export async function generationWhen(
  client: TestClient,
  satisfies: (generation: GenerationLoad) => boolean,
): Promise<GenerationLoad> {
  const { generations } = await loadWhen(client, (load) => load.generations.some(satisfies));
  const found = generations.find(satisfies);
  if (found === undefined) throw new Error("the generation is gone");
  return found;
}
