/** Folders in which people and machines keep checkouts: no file of the project needs a path through one. */
const MACHINE_FOLDERS = ["work", "root", "home", "Users"];

/** Hosts of package registries: clients are set up with one, and the project works with whichever that is. */
const REGISTRY_HOSTS = [
  ["registry", "npmjs", "org"],
  ["registry", "yarnpkg", "com"],
  ["pypi", "org"],
  ["files", "pythonhosted", "org"],
  ["proxy", "golang", "org"],
  ["crates", "io"],
  ["repo", "maven", "apache", "org"],
  ["deb", "debian", "org"],
].map((labels) => labels.join("."));

const machinePath = new RegExp(String.raw`(?<![\w.:@}/-])/(?:${MACHINE_FOLDERS.join("|")})/\w[\w./-]*`, "g");
const registryHost = new RegExp(
  String.raw`(?<![\w-])(?:${REGISTRY_HOSTS.map((host) => host.replaceAll(".", "\\.")).join("|")})(?![\w-])`,
  "g",
);

/** Absolute paths of one machine and registry hosts in a text, each as `line: what`. */
export function findMachineTraces(text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) => {
    const found = [...line.matchAll(machinePath), ...line.matchAll(registryHost)];
    return found.map(([trace]) => `${index + 1}: ${trace}`);
  });
}
