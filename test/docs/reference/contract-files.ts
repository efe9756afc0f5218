import type { DescFile, DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { rillFiles } from "../../contract/contract-descriptors.js";

/** The files of the contract in the order of reading: those with services, then the others in the order in which these need them. */
export function filesInReadingOrder(registry: FileRegistry): readonly DescFile[] {
  const files = rillFiles(registry);
  const ordered = new Set(files.filter(({ services }) => services.length > 0));
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (seen.has(message) || !files.includes(message.file)) return;
    seen.add(message);
    ordered.add(message.file);
    for (const field of message.fields) if (field.enum !== undefined) ordered.add(field.enum.file);
    for (const field of message.fields) if (field.message !== undefined) visit(field.message);
  };
  for (const service of [...ordered].flatMap(({ services }) => services)) {
    for (const method of service.methods) {
      visit(method.input);
      visit(method.output);
    }
  }
  for (const file of files) ordered.add(file);
  return [...ordered].filter((file) => files.includes(file));
}

/** The heading of a file's section: its service, or its name, such as sampling.proto. */
export function sectionTitle(file: DescFile): string {
  return file.services.map(({ name }) => name).join(", ") || `${file.name.slice(file.name.lastIndexOf("/") + 1)}.proto`;
}
