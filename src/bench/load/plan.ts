/**
 * What a load consists of: checked once, before anything starts. A plan is plain data, so that it
 * can go to the generator's process and into a report.
 */
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { encodeAddress } from '../../sys/address.ts';

/** A TCP server, or with `udp` one that answers every datagram with the same bytes. */
export interface InternetTarget {
  /** A numeric address. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly udp?: boolean;
}

/** A Unix stream socket by its file. */
export interface PathTarget {
  readonly path: string;
}

export type LoadTarget = InternetTarget | PathTarget;

/** A load: what is sent where, how often and for how long. */
export interface LoadPlan {
  readonly target: LoadTarget;
  /** How many connections send (UDP: sockets), 1 to 100,000. @default 50 */
  readonly connections: number;
  /** The size of a message, 1 to 16 MiB; for UDP 4 to 65,507. @default 64 */
  readonly bytes: number;
  /** How many messages may be under way on one connection, 1 to 1,024. @default 1 */
  readonly pipeline: number;
  /** How many more connections are open and never send, 0 to 100,000. @default 0 */
  readonly idle: number;
  /**
   * Messages per second over all connections, or 0 for as many as come back (closed loop). With a
   * rate a message has a time at which it is due, and its latency counts from then: a server
   * that pauses does not make the messages vanish that were due meanwhile. @default 0
   */
  readonly rate: number;
  /** How long is measured, in milliseconds, 1 to 86,400,000. @default 5000 */
  readonly durationMs: number;
  /** Ends the load before, as soon as so many messages came back; 0: never. @default 0 */
  readonly messages: number;
  /** How long the load runs before it is measured, in milliseconds. @default 500 */
  readonly warmUpMs: number;
  /** Over how many milliseconds the connections begin, one after another. @default 0 */
  readonly rampMs: number;
  /** After so many messages a connection says goodbye and is opened anew; 0: never. @default 0 */
  readonly churn: number;
  /** How long nothing at all may come back before the load ends, in milliseconds. @default 5000 */
  readonly stallMs: number;
  /** Where each connection's bytes begin, so that a run can be repeated: 0 to 2^32-1. @default 1 */
  readonly seed: number;
  /** How the generator waits. @default 'default': io-uring where the kernel has it, else epoll */
  readonly engine: EngineName | 'default';
}

/** The models that a generator can wait with, best first. */
export const ENGINES = ['io-uring', 'epoll'] as const;

export type EngineName = (typeof ENGINES)[number];

/** A plan of which only the target has to be named. */
export type LoadOptions = Partial<LoadPlan> & Pick<LoadPlan, 'target'>;

const CONNECTIONS_MAX = 100_000;
const BYTES_MAX = 16 * 1_048_576;
const DATAGRAM_MIN = 4;
const DATAGRAM_MAX = 65_507;
const PIPELINE_MAX = 1_024;
const RATE_MAX = 10_000_000;
const DURATION_MAX_MS = 86_400_000;
/** Bytes under way on one connection: what a position within them has to fit. */
const UNDER_WAY_MAX = 2 ** 30;

function checkTarget(target: LoadTarget): LoadTarget {
  if (typeof target === 'object' && target !== null) {
    if ('path' in target) {
      encodeAddress(target);
      return { path: target.path };
    }
    if ('host' in target) {
      const { host, port, udp = false } = target;
      if (typeof host !== 'string' || isIP(host) === 0) {
        throw new TypeError(`target.host must be a numeric address, got ${inspect(host)}`);
      }
      return { host, port: asInteger(port, 'target.port', 1, 65_535), udp };
    }
  }
  throw new TypeError(`target is { host, port }, with udp, or { path }, got ${inspect(target)}`);
}

/** Whether messages are datagrams, which may get lost. */
export function isUdp(target: LoadTarget): boolean {
  return 'udp' in target && target.udp === true;
}

/** Fills in what is not said and checks the rest. Throws TypeError or RangeError naming the value. */
export function planLoad(options: LoadOptions): LoadPlan {
  const target = checkTarget(options.target);
  const udp = isUdp(target);
  const number = (name: keyof LoadPlan, value: number, min: number, max: number): number =>
    asInteger(options[name] ?? value, name, min, max);
  const [least, most] = udp ? [DATAGRAM_MIN, DATAGRAM_MAX] : [1, BYTES_MAX];
  const bytes = number('bytes', 64, least, most);
  const pipeline = number('pipeline', 1, 1, PIPELINE_MAX);
  if (bytes * pipeline > UNDER_WAY_MAX) {
    throw new RangeError(`${pipeline} messages of ${bytes} bytes are more than 1 GiB under way`);
  }
  const churn = number('churn', 0, 0, 2 ** 31 - 1);
  const idle = number('idle', 0, 0, CONNECTIONS_MAX);
  for (const [name, value] of udp ? Object.entries({ churn, idle }) : []) {
    if (value > 0) throw new RangeError(`${name} needs connections, and UDP has none`);
  }
  const engine = options.engine ?? 'default';
  if (engine !== 'default' && !ENGINES.includes(engine)) {
    throw new TypeError(`engine is ${ENGINES.join(', ')} or default, got ${inspect(engine)}`);
  }
  return {
    target,
    connections: number('connections', 50, 1, CONNECTIONS_MAX),
    bytes,
    pipeline,
    idle,
    rate: number('rate', 0, 0, RATE_MAX),
    durationMs: number('durationMs', 5_000, 1, DURATION_MAX_MS),
    messages: number('messages', 0, 0, Number.MAX_SAFE_INTEGER),
    warmUpMs: number('warmUpMs', 500, 0, DURATION_MAX_MS),
    rampMs: number('rampMs', 0, 0, DURATION_MAX_MS),
    churn,
    stallMs: number('stallMs', 5_000, 1, DURATION_MAX_MS),
    seed: number('seed', 1, 0, 2 ** 32 - 1),
    engine,
  };
}
