/** The client of the lab's server: what runs here, and runs that can be stopped. */
import type { LabRecord, SceneRequest } from '../../../src/lab/document.ts';
import { readRecord } from '../../../src/lab/record-file.ts';
import { type Info, PATH, type RunEvent, TOKEN_HEADER } from '../../../src/lab/web/api.ts';
import { LineReader } from './ndjson.ts';

/** What has become of a question to the lab. */
export type Answer<Value> =
  | { readonly kind: 'good'; readonly value: Value }
  /** The lab said no, or the run failed: its sentence. */
  | { readonly kind: 'failed' | 'misunderstood'; readonly reason: string }
  /** The token is not this lab's; it has a run already; nobody answers; somebody pressed Stop. */
  | { readonly kind: 'refused' | 'busy' | 'lost' | 'stopped' };

export interface Progress {
  readonly step: number;
  readonly of: number;
  readonly label: string;
}

const INFO_LIMIT_MS = 5_000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The sentence of an answer that is not 200. */
async function refusalOf(response: Response): Promise<Answer<never>> {
  if (response.status === 403) return { kind: 'refused' };
  if (response.status === 409) return { kind: 'busy' };
  let reason = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as { readonly reason?: unknown };
    if (typeof body.reason === 'string') reason = body.reason;
  } catch {
    // What is no JSON has no sentence; the status has to do.
  }
  return { kind: 'failed', reason };
}

/** One line of a run's answer. Throws SyntaxError for anything else. */
function readEvent(line: string): RunEvent {
  const event = JSON.parse(line) as Partial<RunEvent> | null;
  const known = ['progress', 'record', 'failed'];
  if (typeof event !== 'object' || event === null || !known.includes(String(event.event))) {
    throw new SyntaxError('a line of the answer is no event');
  }
  return event as RunEvent;
}

export class LabClient {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** What the lab is and what runs there. */
  async info(): Promise<Answer<Info>> {
    try {
      const signal = AbortSignal.timeout(INFO_LIMIT_MS);
      const response = await fetch(PATH.info, { headers: this.#headers(), signal });
      if (!response.ok) return await refusalOf(response);
      const info = (await response.json()) as Info;
      if (Array.isArray(info?.models)) return { kind: 'good', value: info };
      return { kind: 'misunderstood', reason: PATH.info };
    } catch {
      return { kind: 'lost' };
    }
  }

  /** Runs a scene. Whoever aborts the signal ends the run in the lab, too. */
  async run(
    request: SceneRequest,
    options: { readonly signal: AbortSignal; progress(now: Progress): void },
  ): Promise<Answer<LabRecord>> {
    const { signal, progress } = options;
    try {
      const response = await fetch(PATH.run, {
        method: 'POST',
        headers: { ...this.#headers(), 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal,
      });
      if (!response.ok || response.body === null) return await refusalOf(response);
      return await this.#follow(response.body, progress);
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      if (error instanceof TypeError) return { kind: 'lost' };
      return { kind: 'misunderstood', reason: reasonOf(error) };
    }
  }

  async #follow(
    body: ReadableStream<Uint8Array>,
    progress: (now: Progress) => void,
  ): Promise<Answer<LabRecord>> {
    const lines = new LineReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let answer: Answer<LabRecord> = { kind: 'lost' };
    for (;;) {
      const { done, value } = await reader.read();
      const found = done ? lines.end() : lines.take(decoder.decode(value, { stream: true }));
      for (const line of found) {
        const event = readEvent(line);
        if (event.event === 'progress') progress(event);
        else if (event.event === 'failed') answer = { kind: 'failed', reason: event.reason };
        else answer = { kind: 'good', value: readRecord(JSON.stringify(event.record)) };
      }
      // Only at the end of the answer is the lab through with the run, and ready for the next.
      if (done) return answer;
    }
  }

  #headers(): Record<string, string> {
    return { [TOKEN_HEADER]: this.#token };
  }
}
