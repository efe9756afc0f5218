import path from "node:path";

/** Test files that one mocha process runs, one after another. */
export interface TestGroup {
  readonly name: string;
  readonly files: readonly string[];
}

/** The rooms of test/ that take longest, longest first. Each is a group of its own; the files of all others make up one more. */
const LONG_ROOMS = ["e2e", "model", "rill", "proof", "grpc", "sessions", "engine", "scheduler", "prepare"];
const OTHERS = "others";

/**
 * Divides compiled test files into groups by their room, the folder directly below `root`. Groups that take longest come first, so that the last ones to
 * end are short, and none is empty.
 */
export function groupByRoom(root: string, files: readonly string[]): TestGroup[] {
  const groups = new Map<string, string[]>([...LONG_ROOMS, OTHERS].map((name) => [name, []]));
  for (const file of files.toSorted()) {
    const room = roomOf(root, file);
    groups.get(LONG_ROOMS.includes(room) ? room : OTHERS)?.push(file);
  }
  return [...groups].map(([name, members]) => ({ name, files: members })).filter((group) => group.files.length > 0);
}

/** The room of a test file: `rill` for `dist/test/rill/services/session-service.test.js` below `dist/test`. */
export function roomOf(root: string, file: string): string {
  const [room = ""] = path.relative(root, file).split(path.sep);
  return room;
}
