import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A full collection of this thread's heap, of some 20 ms. @throws Error where the runtime has none to call */
export function collectGarbage(): void {
  // A context that is made under that flag has the collection as a global.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new Error("this runtime has no garbage collector to call");
  Reflect.apply(collect, undefined, []);
}
