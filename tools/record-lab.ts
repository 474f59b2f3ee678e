/**
 * Records the scenes that come with the lab's page: `npm run lab:record`. Words on the command line
 * record only the files that they name. Models of other systems leave their calls alone: kqueue by its
 * double, IOCP under Wine.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  checkRequest,
  FREE,
  type LabRecord,
  readRecord,
  runScene,
  SCENES,
  type SceneName,
  type SceneRequest,
  writeRecord,
} from '../src/lab.ts';
import { MODELS, type ModelName } from '../src/servers.ts';
import { foreignRecord } from './record-lab/foreign-record.ts';

const FOLDER = new URL('../../lab-page/recorded/', import.meta.url);
const INDEX = 'index.json';
const BYTES_MAX = 153_600;
/** So many events of a server; a loop that asks all the time fills any room, and is folded. */
const CAPACITY = 900;
/** All recordings of single models have one script, so that they can be compared. */
const SCRIPT = { clients: 3, messages: 5, bytes: 64, delayMs: 20, seed: 1 };

const FOREIGN: Readonly<Partial<Record<ModelName, 'double' | 'wine'>>> = {
  kqueue: 'double',
  iocp: 'wine',
};

/** Scenes whose own script would leave more than a file may have. */
const SMALLER: Readonly<Partial<Record<SceneName, Partial<SceneRequest>>>> = {
  'asynchronous-or-non-blocking': { clients: 2, messages: 4, delayMs: 20 },
  'epoll-sleeps': { clients: 2, messages: 4, delayMs: 20 },
  'would-block': { clients: 2, messages: 4, delayMs: 20 },
  'io-uring-or-epoll': { clients: 3, messages: 6, delayMs: 20 },
};

interface Plan {
  readonly file: string;
  record(): LabRecord | Promise<LabRecord>;
}

function planOfModel(model: ModelName): Plan {
  const request: SceneRequest = { scene: FREE, models: [model], ...SCRIPT };
  const source = FOREIGN[model];
  const here = (): Promise<LabRecord> => runScene(request, { capacity: CAPACITY });
  const elsewhere = (source: 'double' | 'wine'): LabRecord =>
    foreignRecord(source, checkRequest(request));
  return {
    file: `${FREE}.${model}.json`,
    record: source === undefined ? here : () => elsewhere(source),
  };
}

function plans(): Plan[] {
  const scenes = (Object.keys(SCENES) as SceneName[]).filter((scene) => scene !== FREE);
  return [
    ...MODELS.map(({ name }) => planOfModel(name)),
    ...scenes.map((scene) => ({
      file: `${scene}.json`,
      record: () => runScene({ scene, ...SMALLER[scene] }, { capacity: CAPACITY }),
    })),
  ];
}

/** What the page reads first: which recordings there are. */
function writeIndex(): void {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json') && file !== INDEX);
  const recordings = files.sort().map((file) => {
    const { request, source, recordedAt, runs } = readRecord(
      readFileSync(new URL(file, FOLDER), 'utf8'),
    );
    const models = runs.map(({ label }) => label);
    return { file, scene: request.scene, models, source, recordedAt };
  });
  writeFileSync(new URL(INDEX, FOLDER), `${JSON.stringify({ recordings }, null, 2)}\n`);
}

const words = process.argv.slice(2);
for (const { file, record } of plans()) {
  if (words.length > 0 && !words.some((word) => file.includes(word))) continue;
  const text = `${writeRecord(await record())}\n`;
  if (text.length > BYTES_MAX) throw new Error(`${file} has ${text.length} bytes, shorten its run`);
  writeFileSync(new URL(file, FOLDER), text);
  console.log(`${fileURLToPath(new URL(file, FOLDER))}: ${text.length} bytes`);
}
writeIndex();
