import { shownFiles, shownMarkdown } from "../shown-files.js";

export default {
  paths() {
    const shown = shownFiles();
    return shown.map((target) => ({ params: { path: `${target}/index` }, content: shownMarkdown(target, shown) }));
  },
};
