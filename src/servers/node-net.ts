/**
 * Model `node-net`: the baseline, Node's own `net` module with the same protocol on top.
 *
 * libuv waits with epoll(7), reads into memory of its own for each message and calls back into
 * JavaScript; every write goes through a stream. This is what the other models are compared with.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { SystemError } from '../errors.ts';
import { duplicate } from '../sys/descriptor.ts';
import { listenOn } from '../sys/node-listen.ts';
import { Callbacks } from './callbacks.ts';
import type { Assignment } from './loop.ts';
import { NodeConnection, type NodeHost } from './node-connection.ts';
import { COUNTER, STATE, STOP, type WorkerRecord } from './statistics.ts';

/** A running baseline server, as its worker sees it. */
export interface NodeNetServer {
  /** Resolves once it has stopped and every connection is closed. */
  readonly stopped: Promise<void>;
  /** Acts on the control block's stop word. */
  lookAtStop(): void;
}

/** Node closes the descriptor that it is given, and the listener belongs to the starter. */
function copyOf(fd: number): number {
  const copy = duplicate(fd);
  if (copy < 0) throw new SystemError(copy, 'fcntl');
  return copy;
}

export function nodeNet(assignment: Assignment): NodeNetServer {
  const { control, limits, listenerFd, protocol, worker } = assignment;
  const record = control.workers[worker] as WorkerRecord;
  const host: NodeHost = { callbacks: new Callbacks(protocol, record), limits, record };
  const connections = new Set<NodeConnection>();
  let nextId = 1;
  let settle = (): void => {};
  record.state = STATE.serving;

  // step 1: a server of Node's own on the listening socket
  const highWaterMark = limits.highWatermark;
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark });
  listenOn(server, copyOf(listenerFd));

  // step 2: libuv has accepted somebody
  server.on('connection', (socket) => {
    if (!control.tryOpen(limits.maxConnections)) {
      socket.destroy();
      record.countDrop('max-connections');
      host.callbacks.drop('max-connections');
      return;
    }
    record.counters[COUNTER.accepted] = (record.counters[COUNTER.accepted] as number) + 1;
    const connection = new NodeConnection(host, nextId++, socket);
    connections.add(connection);
    serveSocket(socket, connection);
    const error = host.callbacks.run('open', connection);
    if (error !== undefined) connection.destroy(error);
  });

  function serveSocket(socket: Socket, connection: NodeConnection): void {
    // step 3: libuv waited and read; the bytes arrive in memory of their own
    socket.on('data', (bytes: Buffer) => connection.receive(bytes));
    // step 4: the stream has sent what was queued
    socket.on('drain', () => connection.drained());
    socket.on('end', () => connection.peerEnded());
    socket.on('timeout', () => connection.idle());
    socket.on('error', (error) => connection.failed(error));
    // step 5: closed, whatever the reason
    socket.on('close', () => {
      connections.delete(connection);
      control.closeOne();
      connection.over();
      settle();
    });
  }

  function lookAtStop(): void {
    const { stop } = control;
    if (stop === record.seen) return;
    server.close();
    record.state = STATE.draining;
    for (const connection of connections) {
      if (stop === STOP.drain) connection.end();
      else abort(connection, record);
    }
    record.seen = stop;
  }

  const stopped = new Promise<void>((resolve) => {
    // Node says closed before the last connections have said so.
    settle = () => !server.listening && connections.size === 0 && resolve();
    server.on('close', () => settle());
  });
  return { stopped, lookAtStop };
}

function abort(connection: NodeConnection, { counters }: WorkerRecord): void {
  const { bytesQueued } = connection;
  if (bytesQueued > 0) {
    const { unsentBytes, unsentConnections } = COUNTER;
    counters[unsentBytes] = (counters[unsentBytes] as number) + bytesQueued;
    counters[unsentConnections] = (counters[unsentConnections] as number) + 1;
  }
  connection.destroy();
}
