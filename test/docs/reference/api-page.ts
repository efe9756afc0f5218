import type { DescEnum, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
import { commentOf, readDescriptors } from "../../contract/contract-descriptors.js";
import { filesInReadingOrder, sectionTitle } from "./contract-files.js";
import { ContractLinks } from "./contract-links.js";
import { ContractMembers } from "./contract-members.js";
import { markdownTable } from "./markdown-text.js";

const INTRODUCTION = `# API

This page describes the contract \`rill.v1\`: every service, method, message and enum, with unit, default and bounds of each field. It is for those who write a client; [Clients](clients.md) shows how to generate a stub.

<!-- \`npm run docs:generate\` writes this page from the comments in proto/rill/v1. -->

Server reflection tells the same, with the texts of the server that runs:

\`\`\`console
$ grpcurl -plaintext localhost:50051 describe rill.v1.ToolChoice
rill.v1.ToolChoice is a message:
// ToolChoice says which tools the model calls.
message ToolChoice {
…
    // Whether the model calls any of the tools.
    .rill.v1.ToolChoiceMode mode = 1;
…
}
\`\`\`

The sections of the services come first. The others have the names of the files in [proto/rill/v1](../proto/rill/v1) and hold what several messages share. After the name of a field stand its type and its number. A name such as \`max_labels\` is a limit of the server: the comment gives its default, [Limits](#limits) lists all of them, and [GetServerInfo](#getserverinfo) tells those in force. [Errors](errors.md) lists the statuses and reasons. The server also serves \`grpc.health.v1.Health\` and server reflection.`;

/** The page of the contract, from the descriptors that reflection serves. */
export function apiPage(): string {
  const files = filesInReadingOrder(readDescriptors());
  const links = new ContractLinks(files);
  const members = new ContractMembers(links);
  return [
    INTRODUCTION,
    contents(files, links),
    ...files.flatMap((file) => [
      ...(file.services.length === 0 ? [`## ${sectionTitle(file)}`] : []),
      ...file.services.flatMap((service) => serviceSection(service, links)),
      ...file.messages.flatMap((message) => messageSection(message, links, members)),
      ...file.enums.flatMap((desc) => enumSection(desc, links)),
    ]),
  ].join("\n\n");
}

function contents(files: readonly DescFile[], links: ContractLinks): string {
  const rows = files.map((file) => {
    const methods = file.services.flatMap((service) => service.methods.map((method) => links.method(method)));
    const types = [...file.messages, ...file.enums].map((desc) => links.type(desc));
    const what = methods.length > 0 ? methods : types;
    const anchor = sectionTitle(file).toLowerCase().replaceAll(".", "");
    return [`[${sectionTitle(file)}](#${anchor})`, what.join(", ")];
  });
  return markdownTable(["section", "methods or types"], rows);
}

function serviceSection(service: DescService, links: ContractLinks): readonly string[] {
  return [
    `## ${service.name}`,
    links.comment(commentOf(service), service.name),
    ...service.methods.flatMap((method) => [
      `### ${method.name}`,
      `${links.type(method.input)} → ${method.methodKind === "server_streaming" ? "stream of " : ""}${links.type(method.output)}`,
      links.comment(commentOf(method), method.name),
    ]),
  ];
}

function messageSection(message: DescMessage, links: ContractLinks, members: ContractMembers): readonly string[] {
  return [`### ${message.name}`, links.comment(commentOf(message), message.name, message), ...members.of(message)];
}

function enumSection(desc: DescEnum, links: ContractLinks): readonly string[] {
  const values = desc.values.map(
    (value) =>
      `- <a id="${value.name}"></a>**\`${value.name}\`** (${value.number}). ${links.comment(commentOf(value), value.name).replaceAll("\n", "\n  ")}`,
  );
  return [`### ${desc.name}`, links.comment(commentOf(desc), desc.name), values.join("\n")];
}
