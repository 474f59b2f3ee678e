/** How the element looks around its canvas. Colours come from the palette of the theme. */
import { css } from 'lit';

export const styles = css`
  :host {
    display: block;
    container-type: inline-size;
    color: var(--timeline-text);
    font-size: 0.8125rem;
  }
  :host([hidden]) {
    display: none;
  }
  .root {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }
  .body {
    display: flex;
    flex-direction: column;
    flex: 0 1 auto;
    min-height: 0;
    position: relative;
  }
  @container (min-width: 52rem) {
    .with-table .body {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(24rem, 38%);
      grid-template-rows: minmax(0, 1fr);
    }
    .with-table .table {
      max-height: none;
      margin: 0;
      border-top: 1px solid var(--timeline-grid);
      border-inline-start: 1px solid var(--timeline-grid);
    }
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem 0.75rem;
    padding: 0.25rem 0.375rem;
  }
  .buttons {
    display: flex;
    gap: 0.125rem;
  }
  button {
    font: inherit;
    color: inherit;
    background: transparent;
    border: 1px solid var(--timeline-grid);
    border-radius: 0.375rem;
    min-width: 2rem;
    min-height: 2rem;
    padding: 0 0.5rem;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--timeline-lane);
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  button.main {
    color: var(--timeline-background);
    background: var(--timeline-text);
    border-color: var(--timeline-text);
  }
  svg {
    display: block;
    width: 1rem;
    height: 1rem;
    fill: currentColor;
    margin: auto;
  }
  :focus-visible {
    outline: 2px solid var(--timeline-focus);
    outline-offset: 1px;
  }
  label {
    display: flex;
    align-items: center;
    gap: 0.5rem;
  }
  input[type='range'] {
    accent-color: var(--timeline-focus);
    min-width: 5rem;
    height: 1.5rem;
    margin: 0;
  }
  .scrub {
    flex: 1;
    min-width: 14rem;
  }
  .scrub input {
    flex: 1;
    width: 100%;
  }
  output {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .stage {
    position: relative;
    overflow: hidden auto;
    flex: 0 1 auto;
    min-height: 8rem;
    border: solid var(--timeline-grid);
    border-width: 1px 0;
    background: var(--timeline-background);
    touch-action: pan-y;
  }
  .inner {
    position: relative;
  }
  canvas {
    display: block;
    position: absolute;
    inset: 0 auto auto 0;
  }
  canvas.now,
  .tip {
    pointer-events: none;
  }
  button.fold {
    position: absolute;
    inset-inline-end: 4px;
    min-width: 0;
    min-height: 0;
    padding: 0 0.25rem;
    border: 0;
    color: var(--timeline-quiet);
    font-size: 0.6875rem;
    text-align: end;
    white-space: nowrap;
  }
  .tip {
    position: absolute;
    z-index: 1;
    max-width: 22rem;
    padding: 0.25rem 0.5rem;
    border-radius: 0.375rem;
    background: var(--timeline-text);
    color: var(--timeline-background);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1rem;
    margin: 0;
    padding: 0.25rem 0.5rem;
    list-style: none;
    color: var(--timeline-quiet);
    font-size: 0.75rem;
  }
  .legend li {
    display: flex;
    align-items: center;
    gap: 0.375rem;
  }
  .legend canvas {
    position: static;
    flex: none;
  }
  .table {
    overflow: auto;
    max-height: 20rem;
    min-height: 8rem;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  caption {
    text-align: start;
    color: var(--timeline-quiet);
    padding: 0.25rem 0;
  }
  th {
    text-align: start;
    font-weight: 600;
  }
  th,
  td {
    padding: 0.125rem 0.5rem;
    border-bottom: 1px solid var(--timeline-grid);
    vertical-align: baseline;
  }
  .number {
    text-align: end;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .where {
    white-space: nowrap;
  }
  tr[aria-current] {
    background: var(--timeline-lane);
    box-shadow: inset 3px 0 var(--timeline-now);
  }
  button.plain {
    border: 0;
    min-height: 1.5rem;
    padding: 0 0.25rem;
    text-decoration: underline;
  }
  .pages {
    display: flex;
    gap: 0.5rem;
    margin: 0.5rem 0;
  }
`;
