import { readFileSync } from "node:fs";

/** A room of the product: one or more folders under src/ that may know only what lies below them. */
export interface Room {
  readonly name: string;
  /** An import points to a room of a lower rank, or stays inside its own. */
  readonly rank: number;
  /** Folder names directly under src/; "." stands for the files that lie there themselves. */
  readonly folders: readonly string[];
  /** The npm packages that its files may import. */
  readonly packages: readonly string[];
  /** Whether its files may import Node's built-in modules. */
  readonly builtins: boolean;
  /** Whether its files may import generated/. */
  readonly generated?: boolean;
  /**
   * The ranks of its sub-folders, where it has any; "." stands for the files that lie in the room itself. A key such as "grammar/schema" ranks a folder
   * inside the sub-folder "grammar". An import between two of them points to a lower rank. A folder below those that the table names belongs to the
   * sub-folder that it lies in, unless that one ranks its folders.
   */
  readonly wings?: Readonly<Record<string, number>>;
}

/** The rank table: the single source for the architecture test and for lint. */
export interface RoomTable {
  readonly rooms: readonly Room[];
  /** Names of the rooms that may import node:worker_threads. */
  readonly workerThreads: readonly string[];
}

/** Reads .config/rooms.json of the repository at `root`. */
export function readRoomTable(root: string): RoomTable {
  return JSON.parse(readFileSync(`${root}/.config/rooms.json`, "utf8")) as RoomTable;
}

/** The room that a file such as `src/rpc/writer.ts` belongs to; undefined where the table knows none. */
export function roomOf(path: string, table: RoomTable): Room | undefined {
  const parts = path.split("/");
  const folder = parts.length === 2 ? "." : (parts[1] ?? "");
  return parts[0] === "src" ? table.rooms.find((room) => room.folders.includes(folder)) : undefined;
}

/**
 * The ranked sub-folder of its room that a file such as `src/engine/run/run.ts` belongs to; "." for a file directly in the room. Where the room ranks
 * folders of that sub-folder, a file inside one of them belongs to the inner folder, be it ranked or not.
 */
export function wingOf({ wings = {} }: Pick<Room, "wings">, path: string): string {
  const [outer, inner] = path.split("/").slice(2, -1);
  if (outer === undefined) return ".";
  const ranksInner = Object.keys(wings).some((wing) => wing.startsWith(`${outer}/`));
  return inner !== undefined && ranksInner ? `${outer}/${inner}` : outer;
}
