import type { Work } from "./store-work.js";

/** Counts one more session of the owner's. False: it has as many as it may have. */
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

/** Whoever gives a place back or takes one has locked its session, if there is one, before: so no two wait for each other. */
export async function releaseSession({ trx }: Work, owner: string): Promise<void> {
  await trx
    .updateTable("rill_owners")
    .set((eb) => ({ sessions: eb("sessions", "-", 1) }))
    .where("owner", "=", owner)
    .execute();
}
