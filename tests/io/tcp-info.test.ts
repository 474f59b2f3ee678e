import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { decodeTcpInfo } from '../../src/io/tcp-info.ts';
import { type InternetAddress, Socket, socketPair, type TcpInfo } from '../../src/io.ts';
import { INET } from '../../src/sys/abi.ts';
import { TCP_INFO } from '../../src/sys/linux/message-abi.ts';
import { TCP_LINUX } from '../../src/sys/linux/sockets/abi.ts';
import { test } from '../harness/test.ts';
import { connectedPair, listenOnLoopback } from './loopback.ts';

test('info() counts what was sent and received', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  client.sendAll(Buffer.alloc(1_000));
  server.sendAll(Buffer.alloc(300));
  const buffer = Buffer.alloc(2_000);
  for (let got = 0; got < 1_000; ) got += server.recv(buffer);
  for (let got = 0; got < 300; ) got += client.recv(buffer);
  const info = client.info();
  assert.equal(info.state, 'ESTABLISHED');
  assert.equal(info.bytesReceived, 300);
  assert.ok((info.bytesSent ?? 0) >= 1_000);
  assert.ok((info.rttUs ?? 0) > 0, `${info.rttUs}`);
  assert.equal(info.maxPacingBytesPerSecond, Number.POSITIVE_INFINITY);
  for (const [name, value] of Object.entries(info)) {
    assert.ok(name === 'state' || value >= 0, `${name} is ${value}`);
  }
});

test('info() tells the state of a connection as it ends, and of a listener its queue', () => {
  const { listener, address } = listenOnLoopback(7);
  using _ = listener;
  assert.equal(listener.info().state, 'LISTEN');
  assert.equal(listener.info().sackedSegments, 7, 'the backlog');
  using client = Socket.open('ipv4', 'stream');
  assert.equal(client.info().state, 'CLOSED');
  client.connect(address);
  assert.equal(listener.info().unackedSegments, 1, 'a connection waits to be accepted');
  using server = listener.accept().socket;
  client.shutdown('write');
  assert.equal(server.recv(Buffer.alloc(1)), 0);
  // The acknowledgement of the end may be delayed.
  assert.match(client.info().state, /^FIN-WAIT-[12]$/);
  assert.equal(server.info().state, 'CLOSE-WAIT');
});

test('info() agrees with the bytes of the kernel, and has no field beyond them', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  const bytes = client.getRawOption(INET.IPPROTO_TCP, TCP_LINUX.TCP_INFO, 1_024);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const whole = decodeTcpInfo(bytes);
  assert.equal(whole.rttUs, view.getUint32(TCP_INFO.fields.tcpi_rtt[0], true));
  assert.equal(whole.sendMss, view.getUint32(TCP_INFO.fields.tcpi_snd_mss[0], true));
  let before = -1;
  for (let length = 8; length <= bytes.length; length += 4) {
    const info = decodeTcpInfo(bytes.subarray(0, length));
    const names = Object.keys(info);
    assert.ok(names.length >= before);
    for (const name of names) {
      assert.equal(info[name as keyof TcpInfo], whole[name as keyof TcpInfo]);
    }
    before = names.length;
  }
  const [end, size] = TCP_INFO.fields.tcpi_total_retrans;
  const old = decodeTcpInfo(bytes.subarray(0, end + size));
  assert.deepEqual([old.totalRetransmissions, old.pacingBytesPerSecond], [0, undefined]);
});

test('info() on what is no TCP socket throws and says so', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const expected = { syscall: 'getsockopt', message: /TCP_INFO: only a TCP socket has it/ };
  assert.throws(() => left.info(), expected);
  using udp = Socket.open('ipv4', 'datagram');
  assert.throws(() => udp.info(), expected);
});

const ss = spawnSync('ss', ['--version'], { encoding: 'utf8' });

test(
  'info() has the round trip time that ss(8) shows',
  () => {
    const [client, server] = connectedPair();
    using _ = client;
    using __ = server;
    client.sendAll(Buffer.alloc(100));
    assert.equal(server.recv(Buffer.alloc(100)), 100);
    const { port } = client.localAddress as InternetAddress;
    let info: TcpInfo;
    let stdout: string;
    // A late acknowledgement between the two questions changes the answer.
    do {
      info = client.info();
      ({ stdout } = spawnSync('ss', ['-tinH', 'sport', '=', `:${port}`], { encoding: 'utf8' }));
    } while (info.rttUs !== client.info().rttUs);
    const shown = /\brtt:([\d.]+)\/([\d.]+)/.exec(stdout);
    assert.deepEqual(
      [Number(shown?.[1]), Number(shown?.[2])],
      [(info.rttUs ?? -1) / 1_000, (info.rttVarianceUs ?? -1) / 1_000],
      stdout,
    );
  },
  { skip: ss.error !== undefined && `ss does not run here: ${ss.error.message}` },
);
