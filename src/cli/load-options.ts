/** The options of `polyio load`: how they are declared, and the load that they describe. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type EngineName, type LoadPlan, type LoadTarget, planLoad } from '../bench.ts';
import { Failure, sentenceOf, wrongUsage } from './failure.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { exposure } from './serve-text.ts';
import { wholeNumber } from './whole-number.ts';

const NUMBER_MAX = 2 ** 31 - 1;
const SECONDS_MAX = 86_400;
const MS_PER_S = 1_000;

/** The options as commander hands them over; times in seconds. */
export interface LoadFlags {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly udp?: true;
  readonly connections: number;
  readonly size: number;
  readonly duration: number;
  readonly messages: number;
  readonly pipeline: number;
  readonly idle: number;
  readonly rate: number;
  readonly churn: number;
  readonly ramp: number;
  readonly warmUp: number;
  readonly stall: number;
  readonly seed: number;
  readonly engine: EngineName | 'default';
  readonly iOwnTarget?: true;
  readonly json?: JsonOption;
}

function number(flags: string, description: string, min: number, max: number, value: number) {
  return new Option(flags, description).argParser(wholeNumber(min, max)).default(value);
}

function seconds(flags: string, description: string, min: number, value: number): Option {
  const parse = (text: string): number => {
    const given = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (given >= min && given <= SECONDS_MAX) return given;
    throw new InvalidArgumentError(`give a number of seconds from ${min} to ${SECONDS_MAX}`);
  };
  return new Option(flags, description).argParser(parse).default(value);
}

/** Declares every option of the command. */
export function declareOptions(command: Command): void {
  const most = 100_000;
  command
    .option('--host <host>', 'the address of the server, or its name', '127.0.0.1')
    .addOption(number('--port <n>', 'its port', 1, 65_535, 8080))
    .option('--path <file>', 'a Unix socket instead (serve --path)')
    .option('--udp', 'datagrams instead of connections; what is lost is counted')
    .addOption(number('--connections <n>', 'how many send', 1, most, 50))
    .addOption(number('--size <bytes>', 'the size of a message', 1, 16 * 1_048_576, 64))
    .addOption(seconds('--duration <s>', 'how long is measured', 0.001, 5))
    .addOption(
      number('--messages <n>', 'end before, after so many messages; 0: never', 0, NUMBER_MAX, 0),
    )
    .addOption(number('--pipeline <n>', 'messages under way on each connection', 1, 1_024, 1))
    .addOption(number('--idle <n>', 'more connections that never send', 0, most, 0))
    .addOption(
      number(
        '--rate <n>',
        'messages per second in all, each measured from when it was due; 0: as they come back',
        0,
        10_000_000,
        0,
      ),
    )
    .addOption(
      number('--churn <n>', 'open a connection anew after so many messages', 0, NUMBER_MAX, 0),
    )
    .addOption(seconds('--ramp <s>', 'begin the connections one by one over this time', 0, 0))
    .addOption(seconds('--warm-up <s>', 'run so long before measuring', 0, 0.5))
    .addOption(seconds('--stall <s>', 'give up when nothing comes back for so long', 0.001, 5))
    .addOption(number('--seed <n>', 'where in the pattern the bytes begin', 0, 2 ** 32 - 1, 1))
    .addOption(
      new Option('--engine <model>', 'how the generator waits')
        .choices(['default', 'io-uring', 'epoll'])
        .default('default'),
    )
    .option('--i-own-target', 'allows another machine as the target')
    .option(JSON_FLAG, 'the report as one JSON object, to standard output or to the file');
}

async function numericHost(host: string): Promise<string> {
  if (isIP(host) > 0) return host;
  if (host === '') throw wrongUsage('--host takes an address or a name, got nothing');
  try {
    return (await lookup(host)).address;
  } catch {
    throw new Failure(`nobody knows the host name ${host}; give --host a name or an address`);
  }
}

async function targetOf({ path, host, port, udp, iOwnTarget }: LoadFlags): Promise<LoadTarget> {
  if (path !== undefined) {
    if (udp) throw wrongUsage('--path is a stream socket and --udp is not: give one of them');
    return { path };
  }
  const numeric = await numericHost(host);
  if (exposure(numeric) !== null && iOwnTarget === undefined) {
    throw wrongUsage(
      `${host} is another machine, which a load may bring down; --i-own-target says that it is yours`,
    );
  }
  return { host: numeric, port, udp: udp === true };
}

/** The load that was asked for. Throws a Failure for what cannot be. */
export async function planOf(flags: LoadFlags): Promise<LoadPlan> {
  const target = await targetOf(flags);
  const ms = (value: number): number => Math.round(value * MS_PER_S);
  const { connections, size, messages, pipeline, idle, rate, churn, seed, engine } = flags;
  try {
    return planLoad({
      target,
      connections,
      bytes: size,
      messages,
      pipeline,
      idle,
      rate,
      churn,
      seed,
      engine,
      durationMs: ms(flags.duration),
      warmUpMs: ms(flags.warmUp),
      rampMs: ms(flags.ramp),
      stallMs: ms(flags.stall),
    });
  } catch (error) {
    throw wrongUsage(sentenceOf(error));
  }
}
