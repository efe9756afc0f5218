/** Imported ahead of a server on another version of Node: better-sqlite3 as it was compiled for that version, at SQLITE_BINDING in the environment. */
const dlopen = process.dlopen.bind(process);
const binding = process.env.SQLITE_BINDING;
if (binding !== undefined) {
  process.dlopen = (module: object, path: string, flags?: number): void => {
    const file = path.endsWith("better_sqlite3.node") ? binding : path;
    if (flags === undefined) dlopen(module, file);
    else dlopen(module, file, flags);
  };
}
