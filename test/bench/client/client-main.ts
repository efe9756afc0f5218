/** The client's process: plays the plans that it is sent, and sends back what it saw. Ends when its parent lets go of it. */
import type { Driver } from "./driver.js";
import { createLlamaDriver } from "./llama-driver.js";
import type { PlanMessage, ResultMessage, Target } from "./plan.js";
import { playPlan } from "./play-plan.js";
import { createRillDriver } from "./rill-driver.js";

const drivers = new Map<string, Driver>();

process.on("message", ({ id, plan }: PlanMessage) => {
  playPlan(driverOf(plan.target), plan).then(
    (observations) => send({ id, observations }),
    (error: unknown) => send({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

/** Kept from plan to plan, so that its connections are warm. */
function driverOf(target: Target): Driver {
  const key = JSON.stringify(target);
  const driver =
    drivers.get(key) ?? (target.kind === "rill" ? createRillDriver(target.address) : createLlamaDriver(target.baseUrl));
  drivers.set(key, driver);
  return driver;
}

function send(message: ResultMessage): void {
  process.send?.(message);
}
