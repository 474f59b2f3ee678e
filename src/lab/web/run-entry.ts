/**
 * The process of one run: a scene is read from standard input and run, what happens is written to
 * descriptor 3, a line for each event. The end of standard input is the wish that it ends.
 */
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SceneRequest } from '../document.ts';
import { writeRecord } from '../record-file.ts';
import { runScene } from '../scenes/run-scene.ts';
import type { RunEvent } from './api.ts';

const EVENTS_FD = 3;

const stop = new AbortController();
const events = createWriteStream('', { fd: EVENTS_FD });
// Whoever read them is gone, and with them the wish that anything runs.
events.on('error', () => process.exit(1));

function tell(event: RunEvent): void {
  events.write(`${JSON.stringify(event)}\n`);
}

async function run(request: SceneRequest): Promise<void> {
  const { signal } = stop;
  try {
    const progress = (now: { step: number; of: number; label: string }) =>
      tell({ event: 'progress', ...now });
    const record = await runScene(request, { signal, progress });
    events.write(`{"event":"record","record":${writeRecord(record)}}\n`);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    tell({ event: 'failed', reason: text.replace(/\s*\n\s*/g, ' ') });
  }
  events.end(() => process.exit());
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => void run(JSON.parse(line) as SceneRequest));
lines.once('close', () => stop.abort(new Error('the run was stopped')));
