import type { Work } from "./store-work.js";

/** Adds a session to the owner's count. Returns false if the owner has reached its limit. */
export async function reserveSession({ trx, limits }: Work, owner: string): Promise<boolean> {
  const taken = await trx
    .insertInto("rill_owners")
    .values({ owner, sessions: 1 })
    .onConflict((conflict) =>
      conflict
        .column("owner")
        .doUpdateSet((eb) => ({ sessions: eb("rill_owners.sessions", "+", 1) }))
        .where("rill_owners.sessions", "<", limits.sessions),
    )
    .returning("sessions")
    .executeTakeFirst();
  return taken !== undefined;
}

/**
 * Takes a session from the owner's count. A transaction that changes the count has locked its session before, if there is one, so no two wait for
 * each other.
 */
export async function releaseSession({ trx }: Work, owner: string): Promise<void> {
  await trx
    .updateTable("rill_owners")
    .set((eb) => ({ sessions: eb("sessions", "-", 1) }))
    .where("owner", "=", owner)
    .execute();
}
