/** One tenant's waiting runs. */
export interface TenantDemand {
  readonly tenant: string;
  /** The runs that wait for their first slot or have yielded. */
  readonly newcomers: number;
  /** The runs that wait to return after their reader was behind. */
  readonly returning: number;
  /** The number of further runs of the tenant that may hold a slot. */
  readonly room: number;
  /** The number of its runs that hold a slot and stand still. Another run of the tenant may take the place of each. */
  readonly parked: number;
}

/** The slots that waiting runs need beyond those that are free or about to be. */
export interface SlotDemand {
  /** The slots that may come from runs of any tenant. */
  readonly any: number;
  /** The slots that have to come from the tenant's own runs, because it holds as many as it may. */
  readonly own: ReadonlyMap<string, number>;
}

/**
 * Returns the slots that the tenants' waiting runs need.
 * @param left the slots that are free or about to be.
 * @param reserved the number of them that returning runs leave to new runs.
 */
export function slotDemandOf(tenants: Iterable<TenantDemand>, left: number, reserved: number): SlotDemand {
  let [newcomers, returning] = [0, 0];
  const own = new Map<string, number>();
  for (const demand of tenants) {
    const first = Math.min(demand.newcomers, demand.room);
    const back = Math.min(demand.returning, demand.room - first);
    newcomers += first;
    returning += back;
    const held = demand.newcomers + demand.returning - first - back;
    if (held > 0) own.set(demand.tenant, Math.min(held, demand.parked));
  }
  const rest = left - newcomers;
  return { any: Math.max(0, -rest) + Math.max(0, returning - Math.max(0, rest - reserved)), own };
}
