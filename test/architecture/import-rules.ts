import { isBuiltin } from "node:module";
import path from "node:path/posix";
import { importedModules } from "./imported-modules.js";
import { type Room, type RoomTable, roomOf, wingOf } from "./room-table.js";

/** The text of each file by its path from the repository's root. */
export type SourceFiles = ReadonlyMap<string, string>;

/** Every import of a file under src/ that the rank table forbids, one line each. */
export function findForbiddenImports(files: SourceFiles, table: RoomTable): readonly string[] {
  return [...files].flatMap(([file, text]) => {
    const room = roomOf(file, table);
    if (room === undefined) return [`${file} lies in no room of the table`];
    if (wingRank(room, file) === undefined) return [`${file} lies in no sub-folder that the table ranks`];
    return importedModules(file, text).flatMap((specifier) => {
      const problem = problemOf({ file, room, specifier }, table);
      return problem === undefined ? [] : [`${file} imports ${specifier}: ${problem}`];
    });
  });
}

interface Import {
  readonly file: string;
  readonly room: Room;
  readonly specifier: string;
}

function problemOf({ file, room, specifier }: Import, table: RoomTable): string | undefined {
  if (specifier.startsWith(".")) {
    const target = resolveImport(file, specifier);
    return relativeProblem(room, target, table) ?? wingProblem(room, file, target);
  }
  if (isBuiltin(specifier)) return builtinProblem(room, specifier, table);
  const packageName = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return room.packages.includes(packageName) ? undefined : `the package ${packageName} is not open to ${room.name}`;
}

/** The source file that a relative specifier means, as a path from the repository's root. */
export function resolveImport(file: string, specifier: string): string {
  return path.join(path.dirname(file), specifier).replace(/\.(c?)js$/, ".$1ts");
}

function relativeProblem(room: Room, target: string, table: RoomTable): string | undefined {
  if (target.startsWith("generated/")) return room.generated ? undefined : `generated/ is not open to ${room.name}`;
  const targetRoom = roomOf(target, table);
  if (targetRoom === undefined) return `${target} lies in no room of the table`;
  if (targetRoom === room || targetRoom.rank < room.rank) return undefined;
  return `${targetRoom.name} (rank ${targetRoom.rank}) is not below ${room.name} (rank ${room.rank})`;
}

/** Rooms without ranked sub-folders have files of one rank, all of which may import each other. */
function wingRank(room: Room, file: string): number | undefined {
  return room.wings === undefined ? 0 : room.wings[wingOf(room, file)];
}

function wingProblem(room: Room, file: string, target: string): string | undefined {
  const [from, to] = [wingOf(room, file), wingOf(room, target)];
  const [rank, targetRank] = [wingRank(room, file), wingRank(room, target)];
  if (!target.startsWith(`src/${room.folders[0] ?? ""}/`) || from === to || rank === undefined) return undefined;
  if (targetRank === undefined || targetRank < rank || room.wings === undefined) return undefined;
  return `${to} (rank ${targetRank}) is not below ${from} (rank ${rank}) in ${room.name}`;
}

function builtinProblem(room: Room, specifier: string, table: RoomTable): string | undefined {
  if (!specifier.startsWith("node:")) return "built-in modules are written with node:";
  if (!room.builtins) return `${room.name} imports nothing`;
  if (specifier === "node:worker_threads" && !table.workerThreads.includes(room.name)) {
    return `${room.name} starts no threads`;
  }
  return undefined;
}
