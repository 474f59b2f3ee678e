/**
 * Writes the timeline of every model's page, from the recordings that the lab ships:
 *
 *     node build/tools/write-timelines.js
 *
 * One picture for each language, upon a ground of its own, so that it can be read in a light and in
 * a dark page. A test fails when one is not what would be written.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LANGUAGES, type Language } from '../lab-page/src/text/text.ts';
import { layoutTimeline, toSvg } from '../lab-page/src/timeline/index.ts';
import { readRecord } from '../src/lab.ts';
import { isMain, projectRoot } from './tree.ts';

const RECORDED = 'lab-page/recorded';
/** Recordings of one model under clients that send now and then. */
const OF_A_MODEL = /^free\.([\w-]+)\.json$/;
const FOLDER = 'docs/models/timelines';
/** As wide as GitHub shows a page. */
const WIDTH = 900;

/** A picture: where it stands, and what is in it. */
export interface Picture {
  readonly model: string;
  readonly language: Language;
  readonly file: string;
  readonly svg: string;
}

/** `epoll.svg`, and `epoll.zh-CN.svg` beside it. */
function fileOf(model: string, language: Language): string {
  return `${FOLDER}/${model}${language === 'en' ? '' : `.${language}`}.svg`;
}

/** The pictures of every model of which there is a recording. */
export function timelines(root = projectRoot): Picture[] {
  const folder = join(root, RECORDED);
  return readdirSync(folder).flatMap((name) => {
    const model = OF_A_MODEL.exec(name)?.[1];
    if (model === undefined) return [];
    const { runs, source } = readRecord(readFileSync(join(folder, name), 'utf8'));
    const layout = layoutTimeline(runs, { source });
    return LANGUAGES.map((language) => {
      const svg = toSvg(layout, { width: WIDTH, language });
      return { model, language, file: fileOf(model, language), svg };
    });
  });
}

if (isMain(import.meta.url)) {
  for (const { file, svg } of timelines()) {
    const path = join(projectRoot, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, svg);
    console.log(`${file}: ${svg.length} bytes`);
  }
}
