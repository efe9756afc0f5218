import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** The iterations of a long task, which takes 5 to 10 ms: it is unlikely that another thread is kept from a short task for as long. */
const LONG_ITERATIONS = 20_000;
/** On a machine whose cores are taken, a second thread is now and then late for one round, or for some. */
const ROUNDS = 8;

/**
 * Whether libuv's pool is seen to do its tasks in turn. With several threads a short task is done before a long one that came first. The size named
 * by the environment is not always the pool's, since code that ran before the launcher (`node --import`) may have started a larger one.
 */
export async function poolTakesTurns(): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round++) if (!(await isInTurn())) return false;
  return true;
}

async function isInTurn(): Promise<boolean> {
  let isLongDone = false;
  const long = work(LONG_ITERATIONS).then(() => {
    isLongDone = true;
  });
  const short = work(1).then(() => isLongDone);
  await long;
  return await short;
}

async function work(iterations: number): Promise<void> {
  await derive("", "", iterations, 32, "sha256");
}
