/** Series whose colours differ: the classes `s0` and so on. */
export const SERIES_COLOURS = 8;

/** Of the report: light and dark as the reader's system has it, colours that differ in lightness too. */
export const STYLE_SHEET = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2126; --soft: #5c6670; --rule: #d9dee3; --good: #1a7f4b; --bad: #b3261e;
  --c0: #0b63c5; --c1: #d1571b; --c2: #1a8a5a; --c3: #8b4bc2; --c4: #b8860b; --c5: #c2306e; --c6: #178a9e; --c7: #6b7178; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181c; --ink: #e6e9ec; --soft: #9aa4ae; --rule: #333b43; --good: #5fd08f; --bad: #ff8a80;
    --c0: #6cb2ff; --c1: #ff9d66; --c2: #5fd0a0; --c3: #c79bf2; --c4: #e3c14f; --c5: #f58ab5; --c6: #63cfe0; --c7: #aab2ba; }
}
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; white-space: normal; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 500; } svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; } svg .grid { stroke: var(--rule); } svg g path { fill: none; stroke-width: 2; }
.key { margin-left: 1rem; font-weight: 400; } .key::before { content: "■ "; }
${Array.from({ length: SERIES_COLOURS }, (_, n) => `.s${n}.key::before { color: var(--c${n}); } .s${n} path { stroke: var(--c${n}); } .s${n} circle { fill: var(--c${n}); }`).join("\n")}
`;
