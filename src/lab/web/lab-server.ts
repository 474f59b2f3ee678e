/** The server behind the page of the lab: files, what this machine can do, and one run at a time. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asInteger } from '../../platform/integers.ts';
import { polyioVersion } from '../../platform/version.ts';
import { MODELS } from '../../servers.ts';
import { thisMachine } from '../record/machine.ts';
import { checkRequest, LAB_LIMITS } from '../scenes/scene-request.ts';
import { type Info, type ModelChoice, PATH, type Refusal } from './api.ts';
import { createToken, Guard, Refused, SAFE_HEADERS } from './guard.ts';
import { PageFiles } from './page-files.ts';
import { readJson } from './request-body.ts';
import { Runs } from './runs.ts';

/** Nobody but this machine reaches it. */
const HOST = '127.0.0.1';
const CONNECTIONS_MAX = 64;
const HEADER_BYTES_MAX = 8_192;
/** How long a request may take to arrive. */
const REQUEST_MS = 10_000;
const LOOKS_PER_REQUEST = 10;
/** A scene lasts a minute at most; the rest is for starting, stopping and writing down. */
const RUN_MS = 90_000;
const KEEP_ALIVE_MS = 5_000;
/** A connection on which nothing moves; longer than the longest run, which may have nothing to say. */
const IDLE_MS = 120_000;
/** What a reader may leave unread of a refused request until the connection is cut. */
const LINGER_MS = 1_000;

const JSON_KIND = 'application/json; charset=utf-8';
const LINES_KIND = 'application/x-ndjson; charset=utf-8';

/** How the lab is opened. */
export interface LabOptions {
  /** 0 asks for a free one. @default 0 */
  readonly port?: number;
  /** The folder of the built page. @default the one of this package */
  readonly page?: string;
  /** How long a request may take to arrive, in milliseconds, 10 to 60,000. @default 10000 */
  readonly requestMs?: number;
  /** How long a run may take until it is ended, in milliseconds, 10 to 90,000. @default 90000 */
  readonly runMs?: number;
}

function choiceOf({ name, family, unavailable }: (typeof MODELS)[number]): ModelChoice {
  const refused = unavailable();
  const { reason = null, remedy = null } = refused ?? {};
  return { name, family, isAvailable: refused === null, reason, remedy };
}

/** Answers with `value` as JSON. */
function answer(response: ServerResponse, status: number, value: Info | Refusal): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'Content-Type': JSON_KIND, 'Content-Length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export class LabServer implements AsyncDisposable {
  readonly token = createToken();
  readonly #http: Server;
  readonly #files: PageFiles;
  readonly #runs: Runs;
  #port = 0;
  #guard = new Guard(0, this.token);
  #closed: Promise<void> | null = null;

  private constructor(files: PageFiles, requestMs: number, runMs: number) {
    this.#files = files;
    this.#runs = new Runs(runMs);
    this.#http = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: requestMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: Math.ceil(requestMs / LOOKS_PER_REQUEST),
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#http.maxConnections = CONNECTIONS_MAX;
    this.#http.timeout = IDLE_MS;
  }

  /**
   * Listens on 127.0.0.1. Rejects with RangeError for options, with Error when the page is not
   * built, with Node's own error (EADDRINUSE, EACCES) for the port.
   */
  static async open(options: LabOptions = {}): Promise<LabServer> {
    const port = asInteger(options.port ?? 0, 'port', 0, 65_535);
    const requestMs = asInteger(options.requestMs ?? REQUEST_MS, 'requestMs', 10, 60_000);
    const runMs = asInteger(options.runMs ?? RUN_MS, 'runMs', 10, RUN_MS);
    const lab = new LabServer(new PageFiles(options.page), requestMs, runMs);
    lab.#http.listen(port, HOST);
    await once(lab.#http, 'listening');
    lab.#port = (lab.#http.address() as AddressInfo).port;
    lab.#guard = new Guard(lab.#port, lab.token);
    return lab;
  }

  get port(): number {
    return this.#port;
  }

  /** What a browser opens. Whoever has it can start runs. */
  get url(): string {
    return `http://${HOST}:${this.#port}/?token=${this.token}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const isRefusal = error instanceof Refused;
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    // What is left of its body is not read: the connection ends with the answer.
    if (!request.complete) {
      response.setHeader('Connection', 'close');
      setTimeout(() => request.destroy(), LINGER_MS).unref();
    }
    const reason = isRefusal ? error.message : 'the lab could not answer that request';
    answer(response, isRefusal ? error.status : 500, { reason });
  }

  #route(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    this.#guard.checkOrigin(request);
    const { method = '', url = '' } = request;
    if (!url.startsWith('/')) throw new Refused(400, 'the path of a request begins with /');
    const path = url.split(/[?#]/)[0] as string;
    if (path !== '/api' && !path.startsWith('/api/')) return this.#file(method, path, response);
    this.#guard.checkToken(request);
    if (path === PATH.info) {
      allow(response, method, ['GET']);
      answer(response, 200, this.#info());
      return;
    }
    if (path !== PATH.run) throw new Refused(404, 'there is nothing at that address');
    allow(response, method, ['POST']);
    return this.#run(request, response);
  }

  async #file(method: string, path: string, response: ServerResponse): Promise<void> {
    allow(response, method, ['GET', 'HEAD']);
    const file = await this.#files.read(path);
    if (file === null) throw new Refused(404, 'there is nothing at that address');
    const { kind, isLasting, content } = file;
    // The browser asks for the icon whenever the address changes, and playing changes it.
    if (isLasting) response.setHeader('Cache-Control', 'private, max-age=3600');
    response.writeHead(200, { 'Content-Type': kind, 'Content-Length': content.length });
    response.end(method === 'HEAD' ? undefined : content);
  }

  #info(): Info {
    return {
      version: polyioVersion(),
      machine: thisMachine(),
      models: MODELS.map(choiceOf),
      limits: LAB_LIMITS,
      isBusy: this.#runs.isBusy,
    };
  }

  async #run(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const scene = refuseBadly(await readJson(request));
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    // A page that is loaded anew asks again while the kernel clears away the run of the one before.
    await this.#runs.settle();
    if (this.#closed !== null) throw new Refused(503, 'the lab is stopping');
    if (this.#runs.isBusy) throw new Refused(409, 'a run is going on already: one at a time');
    if (response.destroyed) return;
    // Nobody stores an answer to POST; told not to, Chromium takes a stream read to its end for aborted.
    response.removeHeader('Cache-Control');
    response.writeHead(200, { 'Content-Type': LINES_KIND });
    response.flushHeaders();
    await this.#runs.run(scene, {
      tell: (line) => void response.write(line),
      signal: gone.signal,
    });
    response.end();
  }

  /** Ends the run that is going on, closes every connection. Nothing is left when it resolves. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const closed = once(this.#http, 'close');
    this.#http.close();
    await this.#runs.close();
    this.#http.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function allow(response: ServerResponse, method: string, methods: readonly string[]): void {
  if (methods.includes(method)) return;
  response.setHeader('Allow', methods.join(', '));
  throw new Refused(405, `only ${methods.join(' and ')} can be asked of that address`);
}

/** A request that cannot be run is the sender's mistake. */
function refuseBadly(value: unknown): ReturnType<typeof checkRequest> {
  try {
    return checkRequest(value);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new Refused(400, error.message);
    }
    throw error;
  }
}
