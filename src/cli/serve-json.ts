/** `serve --json`: a server's life as JSON objects, one a line. */
import type { CloseReport, Server, Statistics } from '../servers.ts';
import type { JsonOutput } from './json-output.ts';
import type { ServeReport } from './serve-report.ts';
import { hostOf, pathOf, portOf } from './serve-text.ts';
import type { StopSignal } from './stop-signals.ts';

const LOOK_MS = 250;
const LOOKS_PER_STATISTICS = 4;

/** For the help of the command: every event and its fields. */
export const EVENTS_HELP = `
--json prints one object a line:
  {"event":"listening","model","host","port","pid","workers","accept","rejected",
   "limits"}
                         with --path "path" instead of host and port;
                         first and once; rejected: the candidates of default that
                         cannot run here, each with model, reason, remedy
  {"event":"drop","reason","count","total"}
                         clients were turned away: since the last line, and in all;
                         reason: max-connections, descriptor-limit, select-limit,
                         watch-refused
  {"event":"statistics","uptimeMs","active","accepted","closed","dropped","messages",
   "bytesIn","bytesOut","wouldBlock",...,"byWorker":[{"accepted","acceptsInVain"},...]}
                         once a second while something changes; totals since the start
  {"event":"draining","signal","active"}
  {"event":"stopped","drained","unsentBytes","unsentConnections","uptimeMs",
   "statistics","error"}
                         last; error only when a worker died
What a protocol prints goes to standard output as well: name a file to keep the lines apart.`;

export class JsonReport implements ServeReport {
  readonly #output: JsonOutput;
  readonly #drops: Record<string, number> = {};
  #server: Server | undefined;
  #started = 0;
  #looks = 0;
  #last = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(output: JsonOutput) {
    this.#output = output;
  }

  listening(server: Server): void {
    this.#server = server;
    this.#started = performance.now();
    this.#last = JSON.stringify(server.statistics());
    const { model, workers, accept, rejected, limits } = server;
    const path = pathOf(server);
    const where = path === null ? { host: hostOf(server), port: portOf(server) } : { path };
    const { pid } = process;
    const start = { pid, workers, accept, rejected, limits };
    this.#output.write({ event: 'listening', model, ...where, ...start });
    this.#timer = setInterval(() => this.#look(server), LOOK_MS);
  }

  #look(server: Server): void {
    if (this.#output.isFull) return;
    const statistics = server.statistics();
    this.#reportDrops(statistics);
    this.#looks = (this.#looks + 1) % LOOKS_PER_STATISTICS;
    if (this.#looks !== 0) return;
    const figures = JSON.stringify(statistics);
    if (figures === this.#last) return;
    this.#last = figures;
    this.#output.write({ event: 'statistics', uptimeMs: this.#uptimeMs, ...statistics });
  }

  #reportDrops({ dropped }: Statistics): void {
    for (const [reason, total] of Object.entries(dropped)) {
      const count = total - (this.#drops[reason] ?? 0);
      if (count === 0) continue;
      this.#drops[reason] = total;
      this.#output.write({ event: 'drop', reason, count, total });
    }
  }

  get #uptimeMs(): number {
    return Math.round(performance.now() - this.#started);
  }

  draining(signal: StopSignal): void {
    const active = this.#server?.statistics().active ?? 0;
    this.#output.write({ event: 'draining', signal, active });
  }

  stopped(report: CloseReport, failure?: string): void {
    clearInterval(this.#timer);
    if (this.#server === undefined) return;
    const statistics = this.#server.statistics();
    this.#reportDrops(statistics);
    const uptimeMs = this.#uptimeMs;
    const error = failure === undefined ? {} : { error: failure };
    this.#output.write({ event: 'stopped', ...report, uptimeMs, statistics, ...error });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#output.close();
  }
}
