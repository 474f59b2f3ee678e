import assert from 'node:assert/strict';
import { textOf } from '../../../lab-page/src/text/text.ts';
import { layoutTimeline } from '../../../lab-page/src/timeline/layout.ts';
import { paintTimeline } from '../../../lab-page/src/timeline/paint.ts';
import { PALETTES } from '../../../lab-page/src/timeline/style.ts';
import type { Surface } from '../../../lab-page/src/timeline/surface.ts';
import { toSvg } from '../../../lab-page/src/timeline/svg.ts';
import type { Trace } from '../../../src/trace.ts';
import { test } from '../../harness/test.ts';
import { SAMPLE } from '../../trace/sample.ts';
import { blockingTrace, ringTrace } from './scripted-traces.ts';
import { syntheticTrace } from './synthetic-trace.ts';

const WIDTH = 1_000;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** The elements of a text that must be well-formed XML. */
function parseXml(xml: string): Element[] {
  const found: Element[] = [];
  const open: Element[] = [];
  const tokens = xml.matchAll(
    /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)\s*(\/?)>|([^<]+)/g,
  );
  let at = 0;
  for (const token of tokens) {
    const [whole, closing, name = '', attributes = '', single, text] = token;
    assert.equal(token.index, at, `not well-formed at ${xml.slice(at, at + 60)}`);
    at += whole.length;
    const top = open.at(-1);
    if (text !== undefined) {
      assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot);)|>/);
      if (top !== undefined) top.text += text;
      else assert.equal(text.trim(), '');
    } else if (closing === '/') {
      assert.equal(top?.name, name);
      open.pop();
    } else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)];
      const names = pairs.map(([, key = '']) => key);
      assert.equal(new Set(names).size, names.length, `an attribute twice: ${whole}`);
      const element = {
        name,
        attributes: Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value])),
        text: '',
      };
      found.push(element);
      if (single !== '/') open.push(element);
    }
  }
  assert.equal(at, xml.length);
  assert.deepEqual(open, []);
  return found;
}

function svgOf(trace: Trace, options: Partial<Parameters<typeof toSvg>[1]> = {}): Element[] {
  const layout = layoutTimeline([{ label: trace.run.model, trace }]);
  return parseXml(toSvg(layout, { width: WIDTH, ...options }));
}

/** From which instant to which a rectangle reaches, in microseconds of a run of a millisecond. */
function timesOf({ attributes }: Element): number[] {
  const [from, to] = [150, WIDTH - 8];
  const x = Number(attributes['x']);
  return [x, x + Number(attributes['width'])].map((at) =>
    Math.round(((at - from) / (to - from)) * 1_000),
  );
}

test('timeline SVG: it is well-formed in every theme and language, whatever the run', () => {
  const traces = [
    SAMPLE,
    blockingTrace(),
    ringTrace(),
    syntheticTrace({ events: 500, connections: 9 }),
  ];
  for (const trace of traces) {
    for (const theme of ['light', 'dark'] as const) {
      for (const language of ['en', 'zh-CN'] as const) {
        const [svg] = svgOf(trace, { theme, language });
        assert.equal(svg?.attributes['xml:lang'], language);
      }
    }
  }
});

test('timeline SVG: names that look like markup stay text', () => {
  const name = '<script>alert("1")</script>&amp;\u0000';
  const events = blockingTrace().events.map((event) => ({ ...event, name: `recv${name}` }));
  const trace = { ...blockingTrace(), events };
  const layout = layoutTimeline([{ label: name, trace }]);
  const elements = parseXml(toSvg(layout, { width: WIDTH, title: name }));
  assert.ok(!elements.some(({ name }) => name === 'script'));
  const title = elements.find(({ name }) => name === 'title');
  assert.equal(title?.text, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;');
});

test('timeline SVG: phase 1 is hatched and phase 2 solid, where the trace says', () => {
  const elements = svgOf(blockingTrace());
  const { copy } = PALETTES.light;
  const rects = elements.filter(({ name, attributes }) => {
    // The legend has swatches below the picture.
    return name === 'rect' && Number(attributes['x']) >= 150 && attributes['width'] !== '20';
  });
  const hatched = rects.filter(({ attributes }) => attributes['fill']?.startsWith('url(#hatch'));
  const spans = (found: readonly Element[]) => found.map((rect) => timesOf(rect).join());
  // In the lane of the thread and in that of the connection; before the call the thread was free.
  assert.deepEqual(spans(hatched), ['100,900', '100,900', '80,100']);
  const solid = rects.filter(({ attributes }) => attributes['fill'] === copy);
  assert.deepEqual(spans(solid), ['900,950', '900,950']);
});

test('timeline SVG: a range shows what is in it, at its place', () => {
  const elements = svgOf(blockingTrace(), { range: [500_000, 1_000_000] });
  const hatched = elements.filter(
    ({ name, attributes }) =>
      name === 'rect' &&
      attributes['fill']?.startsWith('url(#hatch') === true &&
      Number(attributes['width']) > 100,
  );
  assert.equal(hatched.length, 2);
  for (const rect of hatched) {
    assert.equal(Number(rect.attributes['x']), 150);
    assert.deepEqual(timesOf(rect), [0, 800]);
  }
});

test('timeline SVG: what is to come lies under a veil, from the position on', () => {
  const elements = svgOf(blockingTrace(), { position: 400_000 });
  const veils = elements.filter(({ attributes }) => {
    return attributes['fill'] === '#ffffff' && attributes['fill-opacity'] !== undefined;
  });
  // One for the thread, one for the connection.
  assert.equal(veils.length, 2);
  for (const veil of veils) assert.equal(timesOf(veil)[0], 400);
});

/** Counts what is painted. */
function countingSurface(): Surface & { count: number } {
  const surface = {
    count: 0,
    fill: () => void surface.count++,
    hatch: () => void surface.count++,
    frame: () => void surface.count++,
    dot: () => void surface.count++,
    shape: () => void surface.count++,
    line: () => void surface.count++,
    text: () => void surface.count++,
  };
  return surface;
}

test('timeline painting: a picture costs what it is wide, not what happened', (context) => {
  const paint = (events: number, isPolling: boolean): number => {
    const trace = syntheticTrace({ events, isPolling });
    const layout = layoutTimeline([{ label: 'epoll', trace }]);
    const surface = countingSurface();
    const view = {
      width: WIDTH,
      gutter: 150,
      range: [0, layout.duration] as const,
      position: null,
      palette: PALETTES.light,
      text: textOf('en'),
    };
    paintTimeline(layout, view, surface);
    return surface.count;
  };
  for (const isPolling of [false, true]) {
    const [few, many] = [paint(5_000, isPolling), paint(50_000, isPolling)];
    context.diagnostic(`5,000 events: ${few} strokes; 50,000 events: ${many} strokes`);
    // Four connections of four lanes and a thread of two: far less than a stroke for each pixel of each.
    assert.ok(few < 8 * WIDTH && many < 8 * WIDTH, `${few} and ${many}`);
  }
});
