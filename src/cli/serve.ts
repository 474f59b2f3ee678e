/** `polyio serve`: one protocol under one model, until a signal ends it. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { ECHO_MODULE, type ModelName, type Server, serve } from '../servers.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { Failure, sentenceOf } from './failure.ts';
import { count } from './figures.ts';
import { openJson } from './json-output.ts';
import { complain } from './output.ts';
import { ProtocolWatch } from './protocol-watch.ts';
import { explainStart } from './serve-errors.ts';
import { EVENTS_HELP, JsonReport } from './serve-json.ts';
import {
  checkFlags,
  checkPlace,
  declareOptions,
  limitsOf,
  type ServeFlags,
} from './serve-options.ts';
import type { ServeReport } from './serve-report.ts';
import { TextReport, warnWhenExposed } from './serve-text.ts';
import { StopSignals } from './stop-signals.ts';

const ENDED_BY_ITSELF = 'every worker ended by itself; a protocol must not call process.exit';

const HELP = `
Examples:
  polyio serve                                        then: nc 127.0.0.1 8080
  polyio serve --model blocking-threads --workers 4 --port 9000
  polyio serve --model epoll --workers 4 --accept reuse-port
  polyio serve --protocol ./chat.js --max-connections 1000 --idle-timeout 60000
  polyio serve --port 0 --json                        a free port, named in the first line
  polyio serve --path /tmp/echo.sock                  a Unix socket; then: nc -U /tmp/echo.sock
  polyio serve --json events.jsonl                    text here, JSON lines in the file
  polyio doctor                                       which models work here

A protocol is a module whose default export has callbacks, data(connection, chunk) at least:
  export default { data(connection, chunk) { connection.write(chunk); } };

SIGTERM and SIGINT (Ctrl-C) drain: no new clients, what is queued is sent, then it ends.
A second one ends it at once.
Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 bytes were left unsent.
${EVENTS_HELP}`;

/** Starts the server, unless a signal comes first: then null. */
async function start(
  model: ModelName | 'default',
  flags: ServeFlags,
  signals: StopSignals,
): Promise<Server | null> {
  const { host, port, path, protocol, workers, accept } = flags;
  const startup = new AbortController();
  let isStarting = true;
  void signals.first.then(() => {
    // The server would obey this signal for all its life; draining is for later.
    if (isStarting) startup.abort();
  });
  try {
    return await serve(protocol ?? ECHO_MODULE, {
      model,
      host,
      port,
      ...(path === undefined ? {} : { path }),
      ...(workers === undefined ? {} : { workers }),
      ...(accept === undefined ? {} : { accept }),
      ...limitsOf(flags),
      signal: startup.signal,
    });
  } catch (error) {
    if (startup.signal.aborted) return null;
    throw explainStart(error, flags);
  } finally {
    isStarting = false;
  }
}

function createReports(flags: ServeFlags): ServeReport[] {
  const protocol = flags.protocol === undefined ? 'echo' : basename(flags.protocol);
  const text = new TextReport(flags.model === 'default', protocol);
  if (flags.json === undefined) return [text];
  const json = new JsonReport(openJson(flags.json));
  return flags.json === true ? [json] : [text, json];
}

/** What made the server end: null when all its workers ended in good order. */
function failureOf(server: Server): Promise<string | null> {
  return server.finished.then(
    () => null,
    (error) => `${sentenceOf(error)}; the server has stopped`,
  );
}

/** The end that nobody asked for. */
async function breakOff(server: Server, failure: string, reports: ServeReport[]): Promise<never> {
  await server.abort();
  const { unsentBytes, unsentConnections } = server.statistics();
  const drained = unsentConnections === 0;
  for (const report of reports) {
    report.stopped({ drained, unsentBytes, unsentConnections }, failure);
  }
  throw new Failure(failure);
}

/** Serves until a signal has ended it, and tells the exit code. */
async function live(
  server: Server,
  { drainTimeout }: ServeFlags,
  signals: StopSignals,
  reports: ServeReport[],
): Promise<ExitCode> {
  const end = await Promise.race([signals.first, failureOf(server).then((why) => ({ why }))]);
  if (typeof end !== 'string') return breakOff(server, end.why ?? ENDED_BY_ITSELF, reports);
  for (const report of reports) report.draining(end);
  let wasAborted = false;
  void signals.second.then(() => {
    wasAborted = true;
    return server.abort();
  });
  const result = await server.close({ timeoutMs: drainTimeout });
  const failure = result.drained ? await failureOf(server) : null;
  if (failure !== null) return breakOff(server, failure, reports);
  for (const report of reports) report.stopped(result);
  if (result.drained) return EXIT.fine;
  const left = `${count(result.unsentConnections, 'connection')} with ${count(result.unsentBytes, 'byte')} unsent`;
  complain(
    wasAborted
      ? `stopped at once by the second signal: ${left}`
      : `the drain ended after ${drainTimeout} ms: ${left}; a longer --drain-timeout gives them more time`,
  );
  return EXIT.drainTimedOut;
}

async function run(flags: ServeFlags, command: Command): Promise<void> {
  const model = checkFlags(flags);
  checkPlace(command);
  const signals = new StopSignals();
  const reports = createReports(flags);
  try {
    const server = await start(model, flags, signals);
    if (server === null) return;
    for (const report of reports) report.listening(server);
    warnWhenExposed(server);
    using _watch = new ProtocolWatch(server);
    process.exitCode = await live(server, flags, signals, reports);
  } finally {
    for (const report of reports) report.close();
  }
}

/** Declares the command. */
export function defineServe(command: Command): void {
  command.description('serve a protocol under an I/O model, an echo by default');
  declareOptions(command);
  command.addHelpText('after', HELP).action(run);
}
