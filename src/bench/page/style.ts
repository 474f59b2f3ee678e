/** How the page looks. The colours of curves are told apart by people who see no red or green, too. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --muted: #57606a; --line: #d8dee4;
  --soft: #f4f6f8; --model: #0072b2; --peer: #7a4fa3; --baseline: #8c959f;
  --c0: #57606a; --c1: #d55e00; --c2: #b07d00; --c3: #a03070; --c4: #0072b2; --c5: #0a8f6c;
  --c6: #5b3fb0; --c7: #3d8fc4; --c8: #8a5a2b; --c9: #c2452d; --c10: #4d7a00; --c11: #7a4fa3 }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ed; --muted: #9aa4af;
  --line: #333b44; --soft: #1c2229; --model: #4aa8e0; --peer: #b492dd; --baseline: #7d8690;
  --c0: #9aa4af; --c1: #ff8a3d; --c2: #e3b341; --c3: #e07ab0; --c4: #4aa8e0; --c5: #34c79b;
  --c6: #a391f0; --c7: #86c7f0; --c8: #cf9a63; --c9: #f47c66; --c10: #a3c95b; --c11: #b492dd } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 1160px; background: var(--paper);
  color: var(--ink); font: 15px/1.55 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif }
h1 { font-size: 1.7rem; margin: 0 0 .2rem } h2 { margin: 3rem 0 .1rem; font-size: 1.3rem }
h3 { font-size: .95rem; font-weight: 600; margin: 0 0 .4rem } p { margin: .4rem 0; max-width: 78ch }
.lead, .about, figcaption { color: var(--muted) } code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { background: var(--soft); padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 1rem 0 }
dt { color: var(--muted) } dd { margin: 0; overflow-wrap: anywhere }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 1.6rem }
figure { margin: 1rem 0 0; min-width: 0; overflow-x: auto } svg { display: block; width: 100%; min-width: 440px; height: auto }
svg text { font: 12.5px system-ui, sans-serif; fill: var(--ink); dominant-baseline: central }
svg .tick, svg .none { fill: var(--muted); font-size: 11.5px } svg .value { font-size: 12px; font-variant-numeric: tabular-nums }
.grid { stroke: var(--line); fill: none } .leader { stroke: var(--line); fill: none }
.whisker { stroke: var(--ink); stroke-width: 1.3; fill: none; opacity: .75 }
.model { --own: var(--model) } .peer { --own: var(--peer) } .baseline { --own: var(--baseline) }
rect { fill: var(--own) } .span { stroke: var(--own); stroke-width: 2; fill: none }
.dot { fill: var(--own); stroke: var(--own); stroke-width: 2 } .hollow { fill: var(--paper) }
.curve { fill: none; stroke: var(--own); stroke-width: 2.2 } .point { fill: var(--own) }
svg .curve-name { fill: var(--own); font-weight: 600; font-size: 12px }
.c0 { --own: var(--c0) } .c1 { --own: var(--c1) } .c2 { --own: var(--c2) } .c3 { --own: var(--c3) }
.c4 { --own: var(--c4) } .c5 { --own: var(--c5) } .c6 { --own: var(--c6) } .c7 { --own: var(--c7) }
.c8 { --own: var(--c8) } .c9 { --own: var(--c9) } .c10 { --own: var(--c10) } .c11 { --own: var(--c11) }
.curve.c0 { stroke-dasharray: 6 4 } .curve.c3, .curve.c7, .curve.c9 { stroke-dasharray: 9 3 }
.scroll { overflow-x: auto; margin-top: 1rem }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100% }
th { text-align: right; font-weight: 600; color: var(--muted); vertical-align: bottom }
td { text-align: right; white-space: nowrap } th, td { padding: .25rem .4rem; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left } .noisy { color: var(--c1) }
.notes { color: var(--muted); font-size: 13.5px; padding-left: 1.2rem } summary { cursor: pointer; margin-top: .8rem }
details pre { max-height: 28rem; overflow: auto; white-space: pre }
@media print { body { max-width: none } details { display: none } }
`;
