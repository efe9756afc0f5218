import { useData } from "vitepress";
import { computed, defineComponent, h, onMounted, ref, useId, watch } from "vue";

/** The colours of the pages around a diagram. */
const LIGHT = {
  background: "#ffffff",
  clusterBkg: "#fafafa",
  clusterBorder: "#c2c2c4",
  edgeLabelBackground: "#fafafa",
  lineColor: "#67676c",
  primaryBorderColor: "#1b8fba",
  primaryColor: "#eaf5fa",
  primaryTextColor: "#3c3c43",
};
const DARK = {
  background: "#1b1b1f",
  clusterBkg: "#202127",
  clusterBorder: "#4a4a52",
  edgeLabelBackground: "#202127",
  lineColor: "#98989f",
  primaryBorderColor: "#3ba7d0",
  primaryColor: "#1d3440",
  primaryTextColor: "#dfdfd6",
};

/** A diagram that is drawn in the browser, anew when the colours change. Until then, and without scripts, its text stands in its place. */
export const MermaidDiagram = defineComponent({
  props: { source: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const id = `diagram-${useId()}`;
    const text = decodeURIComponent(props.source);
    const drawing = ref("");
    /** The width at which letters have their usual size, as the library writes it. */
    const naturalWidth = computed(() => /max-width: ([\d.]+px)/.exec(drawing.value)?.[1] ?? "100%");

    async function draw() {
      // Only pages with diagrams load the library.
      const { default: mermaid } = await import("mermaid");
      mermaid.initialize({
        startOnLoad: false,
        theme: "base",
        themeVariables: { darkMode: isDark.value, ...(isDark.value ? DARK : LIGHT) },
        fontFamily: "var(--vp-font-family-base)",
        flowchart: { nodeSpacing: 30, rankSpacing: 30 },
      });
      const { svg } = await mermaid.render(id, text);
      drawing.value = svg;
    }
    onMounted(draw);
    watch(isDark, draw);

    return () =>
      drawing.value === ""
        ? h("pre", { class: "mermaid-diagram" }, text)
        : h("div", {
            class: "mermaid-diagram",
            style: { "--natural-width": naturalWidth.value },
            innerHTML: drawing.value,
          });
  },
});
