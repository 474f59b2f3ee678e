/** A page of the lab without a browser: requests byte by byte, so that hostile ones can be made, too. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../../src/lab/web/api.ts';
import type { LabServer } from '../../../src/lab.ts';

export interface Answer {
  /** 0 when the connection was cut without one. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parseAnswer(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0);
  return { status, headers: new Map(headers), body: rest.join('\r\n\r\n') };
}

/** Sends these bytes, then `more` again and again, and reads to the end of the connection. */
export async function send(port: number, text: string, more?: () => string): Promise<Answer> {
  const socket = connect(port, '127.0.0.1');
  // It may be cut while it still sends.
  socket.on('error', () => {});
  let received = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    received += part;
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.write(text);
  while (more !== undefined && !socket.destroyed && received === '') {
    if (!socket.writableNeedDrain) socket.write(more());
    await sleep(1);
  }
  await closed;
  return parseAnswer(received);
}

export interface Asking {
  readonly method?: string;
  readonly path?: string;
  /** Instead of, or beside, those of the page; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** A request as the page makes it, but for what is named, as text. */
export function requestText(lab: LabServer, asking: Asking): string {
  const { method = 'GET', path = '/api/info', headers = {}, body } = asking;
  const host = `127.0.0.1:${lab.port}`;
  const usual = {
    Host: host,
    Connection: 'close',
    'X-Polyio-Token': lab.token,
    ...(method === 'POST' ? { Origin: `http://${host}`, 'Content-Type': 'application/json' } : {}),
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries({ ...usual, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

export function ask(lab: LabServer, asking: Asking = {}): Promise<Answer> {
  return send(lab.port, requestText(lab, asking));
}

/** A run as the page asks for it; the events come as they are told. */
export async function* run(
  lab: LabServer,
  request: object,
  signal?: AbortSignal,
): AsyncGenerator<RunEvent> {
  const origin = `http://127.0.0.1:${lab.port}`;
  const response = await fetch(`${origin}/api/run`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', 'x-polyio-token': lab.token },
    body: JSON.stringify(request),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) yield JSON.parse(line) as RunEvent;
  }
}
