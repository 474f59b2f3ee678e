/**
 * The shell blocks of one page, run from top to bottom as a reader would type them.
 *
 * A command ends, or it says that it is listening (or how to stop it) and lives on: then it is tried
 * with a client and stopped by SIGTERM when the next one of its kind starts or the page ends. Where
 * the page says port 8080 the session takes a free one, so that pages can run side by side.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { missing, until } from '../cli/polyio-process.ts';
import { type Block, isExpected } from './pages.ts';
import { whyNot } from './support.ts';

const LIMIT_MS = 30_000;
const PAGE_PORT = '8080';
const GREETING = 'hello\n';

/** What is not run, and why. */
export const EXEMPT: ReadonlyMap<string, string> = new Map([
  ['npm ci && npm start', 'it sets the project up; npm start is what the other blocks run'],
  ['npm ci && npm test', 'it is what runs this test'],
]);

/** Programs that not every machine has; any other command must run. */
const OPTIONAL = ['nc', 'strace', 'ss', 'curl', 'socat', 'python3', 'ip', 'ping', 'script'];

const LIVES_ON = /listening on |"event":"listening"|Ctrl-C (?:stops|ends)|stop it: Ctrl-C/;
/** What takes the page's port when it starts; other commands that name it are clients. */
const TAKES_PORT = /\bpolyio serve\b|\bnpm start\b|\bbuild\/examples\/.* 8080\b/;
const PLACE =
  /listening on (?:[^\s,]* )?([\d.]+|\[[\da-f:]+\]):(\d+)|"host":"([^"]+)","port":(\d+)/;
const DATAGRAMS = /listening on [^\n]*\b(?:udp|datagram)/i;

interface Running {
  readonly line: string;
  readonly child: ChildProcess;
  output: string;
  errors: string;
  code: number | NodeJS.Signals | null;
  isOver: boolean;
}

/** The lines of a block that are commands, those ended by a backslash joined. */
export function commandsOf(text: string): string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends a line as a person at `nc` would, and waits for an answer. */
async function greet(host: string, port: number): Promise<string> {
  const socket = connect(port, host.replaceAll(/[[\]]/g, ''));
  let answer = '';
  let problem: Error | null = null;
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', (error) => {
    problem = error;
  });
  socket.write(GREETING);
  try {
    await until(`an answer from ${host}:${port}`, () => {
      if (problem !== null) throw problem;
      return answer !== '' || socket.readableEnded;
    });
    if (answer === '') throw new Error(`${host}:${port} said nothing`);
    return answer;
  } finally {
    socket.destroy();
    if (!socket.closed) await once(socket, 'close');
  }
}

/** The commands of one page: what runs, and on which port the page's 8080 is. */
export class Session {
  readonly #cwd: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #notes: string[];
  #port = PAGE_PORT;
  #server: Running | null = null;

  constructor(cwd: string, env: Readonly<Record<string, string>>, notes: string[]) {
    this.#cwd = cwd;
    this.#env = { ...process.env, ...env };
    this.#notes = notes;
  }

  /** Runs a block; throws what is wrong with it. */
  async run(block: Block): Promise<void> {
    let output = '';
    for (const line of commandsOf(block.text)) {
      const reason = EXEMPT.get(line) ?? this.#missing(line);
      if (reason === null) output += await this.#command(line);
      else this.#notes.push(`not run: ${block.page}: ${line}: ${reason}`);
    }
    if (block.output === null || isExpected(output, block.output)) return;
    throw new Error(`it printed\n${output}where the page says\n${block.output}`);
  }

  /** Stops what still serves, as Ctrl-C would, and looks at how it ended. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    const place = PLACE.exec(server.output);
    if (place !== null && !server.isOver && !DATAGRAMS.test(server.output)) {
      await greet(place[1] ?? (place[3] as string), Number(place[2] ?? place[4]));
    }
    if (!server.isOver) process.kill(-(server.child.pid as number), 'SIGTERM');
    await this.#until(server, 'to end after SIGTERM', () => server.isOver);
    this.#server = null;
    // A program without a handler dies of the signal; a server of ours drains.
    const isServe = /\b(polyio serve|npm start)\b/.test(server.line);
    const isGood = server.code === 0 || (!isServe && server.code === 'SIGTERM');
    if (!isGood) throw new Error(`${server.line}: ended with ${server.code}\n${server.errors}`);
  }

  /** Kills whatever is left of a page that failed. */
  async abandon(): Promise<void> {
    if (this.#server !== null) await this.#kill(this.#server);
  }

  #missing(line: string): string | null {
    const used = OPTIONAL.filter((tool) => new RegExp(`(^|[|;&] *)${tool} `).test(line));
    const isTyped = /^nc [\w.:]+ \d+$/.test(line);
    const lacking = isTyped ? undefined : used.map(missing).find((reason) => reason !== false);
    return typeof lacking === 'string' ? lacking : null;
  }

  async #command(line: string): Promise<string> {
    const typed = /^nc ([\w.:]+) (\d+)$/.exec(line.replaceAll(PAGE_PORT, this.#port));
    if (typed !== null) return greet(typed[1] as string, Number(typed[2]));
    if (TAKES_PORT.test(line)) {
      await this.stop();
      this.#port = String(await freePort());
    }
    return this.#spawn(line);
  }

  async #spawn(line: string): Promise<string> {
    const isDefault = /\b(polyio serve|npm start)\b/.test(line) && !/--(port|path)\b/.test(line);
    const separator = line === 'npm start' ? ' --' : '';
    const given = line.replaceAll(PAGE_PORT, this.#port);
    const command = isDefault ? `${given}${separator} --port ${this.#port}` : given;
    const child = spawn('bash', ['-c', command], {
      cwd: this.#cwd,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const running: Running = { line, child, output: '', errors: '', code: null, isOver: false };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      running.output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      running.errors += text;
    });
    child.on('close', (code, signal) => {
      running.code = code ?? signal;
      running.isOver = true;
    });
    return this.#settle(running);
  }

  async #settle(running: Running): Promise<string> {
    const { line } = running;
    const livesOn = (): boolean => LIVES_ON.test(running.output);
    await this.#until(running, 'to end or to listen', () => running.isOver || livesOn());
    if (!running.isOver) {
      await this.stop();
      this.#server = running;
      this.#port = /:(\d+)/.exec(PLACE.exec(running.output)?.[0] ?? '')?.[1] ?? this.#port;
      return running.output;
    }
    if (running.code === 0) return running.output;
    const model = /--model[ =]([\w-]+)/.exec(line)?.[1];
    const reason = model === undefined ? null : await whyNot(model);
    if (reason === null) throw new Error(`${line}: ended with ${running.code}\n${running.errors}`);
    this.#notes.push(`not run: ${line}: ${reason}`);
    return '';
  }

  async #until(running: Running, what: string, condition: () => boolean): Promise<void> {
    try {
      await until(`${running.line} ${what}`, condition, LIMIT_MS);
    } catch (error) {
      await this.#kill(running);
      throw new Error(`${(error as Error).message}\n${running.output}${running.errors}`);
    }
  }

  async #kill(running: Running): Promise<void> {
    if (running.isOver) return;
    process.kill(-(running.child.pid as number), 'SIGKILL');
    await once(running.child, 'close');
  }
}
