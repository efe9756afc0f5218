import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readDescriptors, rillFiles } from "../../contract/contract-descriptors.js";
import { type MarkdownPage, parsePage } from "../markdown-page.js";
import { brokenLinks } from "../page-links.js";
import { groupSettings } from "./configuration-page.js";
import { markdownTable } from "./markdown-text.js";
import { REFERENCE_PAGES, renderReferencePage } from "./reference-pages.js";
import { SERVER_SETTINGS } from "../../../src/settings/server-settings.js";

describe("The pages written from the product's own tables", () => {
  const paths = Object.keys(REFERENCE_PAGES);
  const rendered = new Map<string, string>();
  before(async () => {
    for (const path of paths) rendered.set(path, await renderReferencePage(path));
  });

  const pageOf = (path: string): MarkdownPage => parsePage(path, rendered.get(path) ?? "");

  for (const path of paths) {
    it(`hold in ${path} what the tables hold today (npm run docs:generate)`, () => {
      assert.equal(readFileSync(path, "utf8"), rendered.get(path));
    });
  }

  it("name every service, method, message and enum of the contract", () => {
    const { anchors } = pageOf("docs/api.md");
    const files = rillFiles(readDescriptors());
    const types = files.flatMap(({ services, messages, enums }) => [...services, ...messages, ...enums]);
    const methods = files.flatMap(({ services }) => services.flatMap((service) => service.methods));
    const headings = [...types, ...methods].map(({ name }) => name.toLowerCase());
    assert.deepEqual(
      headings.filter((heading) => !anchors.has(heading)),
      [],
    );
    assert.equal(new Set(headings).size, headings.length);
  });

  it("link within themselves only to what is there", () => {
    for (const page of paths.map(pageOf)) {
      const links = brokenLinks(page, { exists: () => true, anchorsOf: () => page.anchors });
      assert.deepEqual(
        links.filter((link) => link.includes(": #")),
        [],
      );
    }
  });
});

describe("The groups of settings in a page", () => {
  const { listen, model } = SERVER_SETTINGS;
  const group = { title: "Some", about: "Settings." };

  it("take settings by their names and beginnings, each once", () => {
    const [found] = groupSettings([listen, model], [{ ...group, names: ["model", "li*"] }]);
    assert.deepEqual(
      found?.settings.map(({ name }) => name),
      ["model", "listen"],
    );
  });

  it("are refused where they leave a setting out, or name one that is not there", () => {
    assert.throws(
      () => groupSettings([listen, model], [{ ...group, names: ["model"] }]),
      /no group of settings has listen/,
    );
    assert.throws(
      () => groupSettings([model], [{ ...group, names: ["model", "mode"] }]),
      /name mode, which is not there/,
    );
  });
});

describe("A table in a page", () => {
  it("keeps a bar inside a cell", () => {
    assert.equal(markdownTable(["a", "b"], [["`x|y`", ""]]), "| a | b |\n| --- | --- |\n| `x\\|y` |  |");
  });
});
