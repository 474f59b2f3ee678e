/** What `serve` tells about a server's life, for people and for programs. */
import type { CloseReport, Server } from '../servers.ts';
import type { StopSignal } from './stop-signals.ts';

export interface ServeReport {
  listening(server: Server): void;
  draining(signal: StopSignal): void;
  /** The last word. `failure` is why the server ended when nobody had asked for it. */
  stopped(report: CloseReport, failure?: string): void;
  close(): void;
}
