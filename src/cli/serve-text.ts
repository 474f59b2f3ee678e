/** `serve` for people: what was chosen, where it listens, how to try it, how it went. */
import { isIP } from 'node:net';
import {
  type AcceptMode,
  type CloseReport,
  modelInfo,
  type Server,
  type Statistics,
} from '../servers.ts';
import { formatAddress } from '../sys/address.ts';
import { bytes, count, duration } from './figures.ts';
import { color, complain, stdout } from './output.ts';
import type { ServeReport } from './serve-report.ts';
import { describeStatus, StatusLine } from './status-line.ts';
import type { StopSignal } from './stop-signals.ts';

const REDRAW_MS = 1_000;

export function hostOf({ address }: Server): string {
  return 'host' in address ? address.host : formatAddress(address);
}

export function portOf({ address }: Server): number {
  return 'port' in address ? address.port : 0;
}

/** The file of a Unix socket, or null. */
export function pathOf({ address }: Server): string | null {
  return 'path' in address ? address.path : null;
}

/** A warning for addresses that others reach too; null for those that only this machine has. */
export function exposure(host: string): string | null {
  if (host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return null;
  return `warning: anybody who reaches ${host} can connect; --host 127.0.0.1 keeps others out`;
}

function howItServes(server: Server): string | null {
  const { family } = modelInfo(server.model);
  if (family === 'blocking') {
    const { backlog } = server.limits;
    const most = Math.min(server.workers, server.limits.maxConnections);
    return `serves ${most} at once; whoever else connects waits in the kernel's queue (backlog ${backlog})`;
  }
  return family === 'polling'
    ? 'asks every descriptor again and again: it keeps one core busy even when idle'
    : null;
}

const ACCEPTING: Readonly<Record<AcceptMode, string>> = {
  shared: 'one listening socket for all of them, who are all woken for a client',
  exclusive: 'one listening socket for all of them, one of whom is woken for a client',
  'reuse-port': 'a listening socket for each of them, among which the kernel deals the clients out',
};

/** How several workers come by their clients; those that sleep in accept(2) are never all woken. */
function howItAccepts({ accept, workers, model }: Server): string | null {
  if (workers === 1) return null;
  const isQueue = accept === 'shared' && modelInfo(model).isBlocking;
  const how = isQueue ? 'one queue of clients, from which each takes the next' : ACCEPTING[accept];
  return `${workers} workers: ${how}`;
}

function describeServer(server: Server, wantsDefault: boolean, protocol: string): string[] {
  const { model, workers, rejected } = server;
  const chosen = wantsDefault ? ', chosen as the default' : '';
  const host = hostOf(server);
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const path = pathOf(server);
  const client = path === null ? `nc ${reachable} ${portOf(server)}` : `nc -U ${path}`;
  const how = [howItServes(server), howItAccepts(server)].filter((line) => line !== null);
  return [
    `${protocol} under ${color.bold(model)}${chosen}: ${modelInfo(model).waits}`,
    ...rejected.map(({ model: loser, reason, remedy }) => `  not ${loser}: ${reason}; ${remedy}`),
    ...how,
    `listening on ${color.green(formatAddress(server.address))} (model ${model}, ${count(workers, 'worker')}, pid ${process.pid})`,
    `try it:  ${color.cyan(client)}  then type a line and press Enter`,
    `stop it: ${color.cyan('Ctrl-C')}`,
  ];
}

/** How it went, in one line; what did not happen is left out. */
function summarize(now: Statistics, elapsedMs: number): string {
  const dropped = Object.values(now.dropped).reduce((sum, drops) => sum + drops, 0);
  const mishaps: [number, string][] = [
    [dropped, 'refused connection'],
    [now.timeouts, 'timeout'],
    [now.connectionErrors, 'broken connection'],
    [now.protocolErrors, 'protocol error'],
  ];
  const parts = [
    count(now.accepted, 'connection'),
    count(now.messages, 'message'),
    `${bytes(now.bytesIn)} in`,
    `${bytes(now.bytesOut)} out`,
    ...mishaps.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun)),
  ];
  return `stopped after ${duration(elapsedMs)}: ${parts.join(', ')}`;
}

/** How the clients were spread over several workers; null for one. */
function describeSpread({ byWorker }: Statistics): string | null {
  if (byWorker.length === 1) return null;
  const figures = byWorker.map(({ accepted, acceptsInVain }) =>
    acceptsInVain === 0 ? String(accepted) : `${accepted} (${acceptsInVain} in vain)`,
  );
  return `connections by worker: ${figures.join(', ')}`;
}

/** @param protocol what is served, as the first word of the first line */
export class TextReport implements ServeReport {
  readonly #wantsDefault: boolean;
  readonly #protocol: string;
  readonly #status = new StatusLine(stdout);
  readonly #started = performance.now();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(wantsDefault: boolean, protocol: string) {
    this.#wantsDefault = wantsDefault;
    this.#protocol = protocol;
  }

  listening(server: Server): void {
    this.#server = server;
    for (const line of describeServer(server, this.#wantsDefault, this.#protocol)) {
      stdout.line(line);
    }
    if (stdout.isScreen) this.#drawEverySecond(server);
  }

  #drawEverySecond(server: Server): void {
    let before = server.statistics();
    let then = performance.now();
    this.#timer = setInterval(() => {
      const now = server.statistics();
      const time = performance.now();
      this.#status.draw(describeStatus(now, before, time - then));
      before = now;
      then = time;
    }, REDRAW_MS);
  }

  draining(signal: StopSignal): void {
    this.#status.clear();
    const { active } = this.#server?.statistics() ?? { active: 0 };
    stdout.line(
      active === 0
        ? `${signal}: stopping`
        : `${signal}: no new clients; ${count(active, 'connection')} may take what is queued (once more: stop at once)`,
    );
  }

  stopped(_: CloseReport): void {
    this.close();
    if (this.#server === undefined) return;
    const statistics = this.#server.statistics();
    stdout.line(summarize(statistics, performance.now() - this.#started));
    const spread = describeSpread(statistics);
    if (spread !== null) stdout.line(spread);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#status.clear();
  }
}

/** Warns, whatever the output, when others can reach the server. */
export function warnWhenExposed(server: Server): void {
  const warning = pathOf(server) === null ? exposure(hostOf(server)) : null;
  if (warning !== null) complain(warning);
}
