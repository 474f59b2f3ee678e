/** One protocol, any model: servers in threads or processes of their own, or on the calling thread. */
/** The module of the protocol that sends every byte back, for `serve()`. */
export const ECHO_MODULE = new URL('./servers/echo.js', import.meta.url);

export { ACCEPT_MODES, type AcceptMode, acceptUnavailable } from './servers/accept-mode.ts';
export type { Limits } from './servers/limits.ts';
export {
  chooseModel,
  DEFAULT_CANDIDATES,
  MODELS,
  type ModelFamily,
  type ModelInfo,
  type ModelName,
  modelInfo,
} from './servers/models.ts';
export type { Platforms, System, Verification } from './servers/platforms.ts';
export type { Chunk, Connection, Data, DropReason, Protocol } from './servers/protocol.ts';
export { type RunServerOptions, runServer } from './servers/run-server.ts';
export type { Statistics, WorkerStatistics } from './servers/statistics.ts';
export { type CloseReport, type ServeOptions, type Server, serve } from './servers/supervisor.ts';
