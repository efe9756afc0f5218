import { randomInt } from "node:crypto";

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** An id for a call that has none: `call_` and 20 random letters and digits. */
export function createCallId(): string {
  return `call_${Array.from({ length: 20 }, () => letters.charAt(randomInt(letters.length))).join("")}`;
}

/** Whether a model's id may be the call's: shorter ones are numbers that begin anew with each output. */
export function isCallId(id: string): boolean {
  return /^[\w-]{8,64}$/.test(id);
}
