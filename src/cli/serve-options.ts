/** The options of `polyio serve`: how they are declared, and what of them can be judged before anything starts. */
import { type Command, Option } from 'commander';
import {
  ACCEPT_MODES,
  type AcceptMode,
  acceptUnavailable,
  type Limits,
  MODELS,
  type ModelName,
  modelInfo,
} from '../servers.ts';
import { wrongUsage } from './failure.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { nearestName } from './nearest-name.ts';
import { wholeNumber } from './whole-number.ts';

const NUMBER_MAX = 2 ** 31 - 1;

/** The options as commander hands them over. */
export interface ServeFlags {
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly workers?: number;
  readonly accept?: AcceptMode;
  readonly protocol?: string;
  readonly drainTimeout: number;
  readonly maxConnections?: number;
  readonly idleTimeout?: number;
  readonly firstByteTimeout?: number;
  readonly backlog?: number;
  readonly highWatermark?: number;
  readonly json?: JsonOption;
}

function number(flags: string, description: string, min: number, max = NUMBER_MAX): Option {
  return new Option(flags, description).argParser(wholeNumber(min, max));
}

/** Declares every option of the command. */
export function declareOptions(command: Command): void {
  const names = MODELS.map(({ name }) => name).join(', ');
  command
    .option('--model <name>', `the I/O model: ${names}; default asks the kernel`, 'default')
    .option('--host <host>', 'the address to listen on, or a name', '127.0.0.1')
    .addOption(number('--port <n>', 'the port; 0 asks for a free one', 0, 65_535).default(8080))
    .option('--path <file>', 'listen on a Unix stream socket in this file instead of host and port')
    .addOption(
      number('--workers <n>', 'threads or processes (8 for the blocking pools, else 1)', 1),
    )
    .addOption(
      new Option(
        '--accept <mode>',
        'how workers come by clients: one socket and all are woken, one is woken (epoll, epoll-edge), or a socket each (SO_REUSEPORT)',
      ).choices(ACCEPT_MODES),
    )
    .option('--protocol <file>', 'the module of the protocol (without it every byte comes back)')
    .addOption(
      number(
        '--drain-timeout <ms>',
        'how long stopping may take before unsent bytes are given up',
        0,
      ).default(25_000),
    )
    .addOption(
      number(
        '--max-connections <n>',
        'how many may be open at once (80 % of the descriptor limit)',
        1,
      ),
    )
    .addOption(number('--idle-timeout <ms>', 'close whoever is silent for so long (off)', 0))
    .addOption(number('--first-byte-timeout <ms>', 'close whoever never sends anything (off)', 0))
    .addOption(number('--backlog <n>', "the length of the kernel's queue (511)", 1, 65_535))
    .addOption(
      number(
        '--high-watermark <bytes>',
        'with so much unsent a connection is not read from (32768)',
        1,
      ),
    )
    .option(JSON_FLAG, 'one JSON object a line, to standard output or to the file');
}

/** The model that was meant. Throws a Failure that names the nearest one. */
export function checkModel(name: string): ModelName | 'default' {
  if (name === 'default') return name;
  const names = MODELS.map((model) => model.name);
  if ((names as readonly string[]).includes(name)) return modelInfo(name).name;
  const nearest = nearestName(name, [...names, 'default']);
  const guess = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw wrongUsage(
    `there is no model '${name}'${guess}; the models are ${names.join(', ')}, or default`,
  );
}

function checkWorkers(workers: number, model: ModelName | 'default'): void {
  const most =
    model === 'default'
      ? Math.max(...MODELS.map(({ maxWorkers }) => maxWorkers))
      : modelInfo(model).maxWorkers;
  if (workers <= most) return;
  if (most > 1) throw wrongUsage(`--workers takes 1 to ${most} for ${model}, got ${workers}`);
  const pools = MODELS.filter(({ maxWorkers }) => maxWorkers > 1).map(({ name }) => name);
  throw wrongUsage(
    `model ${model} takes 1 worker, got ${workers}; several share the work under ${pools.join(', ')}`,
  );
}

function checkAccept(accept: AcceptMode, model: ModelName): void {
  const refused = acceptUnavailable(modelInfo(model), accept);
  if (refused === null) return;
  const { reason, remedy } = refused;
  throw wrongUsage(`model ${model} does not take --accept ${accept}: ${reason}; ${remedy}`);
}

/** A Unix socket has no host and no port: whoever names both has meant one of them. */
export function checkPlace(command: Command): void {
  const { path } = command.opts<{ readonly path?: string }>();
  if (path === '') throw wrongUsage('--path takes the name of a file, got nothing');
  if (path === undefined) return;
  const other = ['host', 'port'].find((name) => command.getOptionValueSource(name) !== 'default');
  if (other !== undefined)
    throw wrongUsage(`--path takes the place of --${other}: give one of them`);
}

/** Checks what commander cannot. Throws a Failure with exit code 2. */
export function checkFlags(flags: ServeFlags): ModelName | 'default' {
  const model = checkModel(flags.model);
  if (flags.host === '') throw wrongUsage('--host takes an address or a name, got nothing');
  if (flags.protocol === '') throw wrongUsage('--protocol takes the name of a file, got nothing');
  if (flags.workers !== undefined) checkWorkers(flags.workers, model);
  if (flags.accept === 'reuse-port' && flags.path !== undefined) {
    throw wrongUsage('--accept reuse-port is about ports, and the socket of --path has none');
  }
  if (flags.accept !== undefined && model !== 'default') checkAccept(flags.accept, model);
  return model;
}

/** The limits that were given; the server has a default for each of the others. */
export function limitsOf(flags: ServeFlags): Partial<Limits> {
  const { maxConnections, idleTimeout, firstByteTimeout, backlog, highWatermark } = flags;
  return {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(idleTimeout === undefined ? {} : { idleTimeoutMs: idleTimeout }),
    ...(firstByteTimeout === undefined ? {} : { firstByteTimeoutMs: firstByteTimeout }),
    ...(backlog === undefined ? {} : { backlog }),
    ...(highWatermark === undefined ? {} : { highWatermark }),
  };
}
