import { slug } from "github-slugger";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { codeBlocks, consoleBlocks, plainText } from "../markdown/code-blocks.js";
import { links } from "../markdown/links.js";
import { addressOf, checkGroups, placeOf, root, sidebar, titleOf } from "../pages.js";

const folder = fileURLToPath(new URL("../", import.meta.url));

/** A browser loads nothing from another host, whatever a page says. The generator writes scripts and styles into the pages. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
].join("; ");

/** The pages lie outside this folder, so Vite would look for Vue beside them. Node finds it beside the output of the server's build. */
const vueOfThisFolder = {
  name: "vue-of-this-folder",
  enforce: "pre",
  resolveId(id, _importer, { ssr }) {
    return ssr && /^vue(?:\/server-renderer)?$/.test(id) ? { id, external: true } : undefined;
  },
};

checkGroups();

export default defineConfig({
  title: "Rill",
  description: "Text generation by llama.cpp over gRPC, paced by the reader",
  lang: "en",
  srcDir: root,
  outDir: `${folder}dist`,
  cacheDir: `${folder}node_modules/.vitepress`,
  srcExclude: ["{src/*,test,generated,coverage,bench-report}/**/*.md"],
  rewrites: placeOf,
  head: [["meta", { "http-equiv": "Content-Security-Policy", content: CONTENT_SECURITY_POLICY }]],
  transformHead: ({ siteData }) => [["link", { rel: "icon", type: "image/svg+xml", href: `${siteData.base}rill.svg` }]],
  markdown: {
    anchor: { slugify: (text) => slug(text) },
    attrs: { disable: true },
    codeTransformers: [consoleBlocks],
    config(md) {
      md.use(links).use(codeBlocks).use(plainText);
    },
  },
  vite: {
    publicDir: `${folder}public`,
    plugins: [vueOfThisFolder],
    // The library that draws diagrams is one large file that only pages with diagrams load.
    build: { chunkSizeWarningLimit: 3000 },
  },
  themeConfig: {
    logo: "/rill.svg",
    outline: { level: [2, 3] },
    search: { provider: "local" },
    sidebar: sidebar(),
    nav: [
      { text: "Try it", link: "/#try-it" },
      ...["docs/clients.md", "docs/operating.md", "CHANGELOG.md"].map((file) => ({
        text: titleOf(file),
        link: addressOf(file),
      })),
    ],
  },
});
