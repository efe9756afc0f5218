import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.js";
import { Preparer } from "../../src/prepare/preparer.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { createTinyModel } from "./tiny-model.js";

/** A preparer on the tiny model and the file that it has loaded, for one holder at a time. Disposing hands it on to the next. */
export interface PreparerLease extends Disposable {
  readonly preparer: Preparer;
  readonly modelPath: string;
}

export interface LeaseOptions {
  readonly limits: Limits;
  /** What the preparer logs through while this lease lasts. */
  readonly log: Logger;
}

/** A preparer that outlives its holders; `log` is the logger of the present one. */
interface Held {
  readonly preparer: Preparer;
  log: Logger;
}

/** No holder has more calls at a time: those of a server are bounded before they come here. */
const QUEUE_CAPACITY = DEFAULT_LIMITS.calls;

const idle = new Map<string, Held[]>();
const started: Preparer[] = [];
let model: Promise<string> | undefined;

/**
 * Leases a preparer that is held to these limits, and starts one where none is idle. A start costs half a second of processor time, nearly all of it for
 * the import of node-llama-cpp, so the servers of a test process use the same preparers one after another.
 */
export async function leasePreparer({ limits, log }: LeaseOptions): Promise<PreparerLease> {
  model ??= createTinyModel();
  const modelPath = await model;
  const key = JSON.stringify(grammarBoundsOf(limits));
  const held = idle.get(key)?.pop() ?? (await start(modelPath, limits));
  held.log = log;
  return {
    preparer: held.preparer,
    modelPath,
    [Symbol.dispose]: () => {
      held.log = silentLogger;
      idle.set(key, [...(idle.get(key) ?? []), held]);
    },
  };
}

/** Ends all preparers, which would keep the test process alive. Nothing is leased then. */
export async function endPreparers(): Promise<void> {
  idle.clear();
  await Promise.all(started.splice(0).map((preparer) => preparer[Symbol.asyncDispose]()));
}

async function start(modelPath: string, limits: Limits): Promise<Held> {
  const log: Logger = {
    debug: (fields, message) => held.log.debug(fields, message),
    info: (fields, message) => held.log.info(fields, message),
    warn: (fields, message) => held.log.warn(fields, message),
    error: (fields, message) => held.log.error(fields, message),
    child: (fields) => held.log.child(fields),
  };
  const preparer = await Preparer.start({ modelPath, limits, log, queueCapacity: QUEUE_CAPACITY });
  started.push(preparer);
  const held: Held = { preparer, log: silentLogger };
  return held;
}
