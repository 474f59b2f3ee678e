import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket, socketPair } from '../../src/io.ts';
import { test } from '../harness/test.ts';
import { connectedPair } from './loopback.ts';

const io = new URL('../../src/io.js', import.meta.url).href;

test('peerCredentials() of a pair is the process that made it', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const own = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
  assert.deepEqual(left.peerCredentials(), own);
  assert.deepEqual(right.peerCredentials(), own);
});

test('peerCredentials() of an accepted connection is the process that connected', async () => {
  using listener = Socket.open('unix', 'stream');
  const abstract = `polyio-peer-${process.pid}`;
  listener.bind({ abstract });
  listener.listen();
  const source = `
    import { Socket } from '${io}';
    if (process.getuid() === 0) { process.setgid(65533); process.setuid(65534); }
    const socket = Socket.open('unix', 'stream');
    socket.connect({ abstract: '${abstract}' });
    const { pid } = socket.peerCredentials();
    console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), server: pid }));
    socket.recv(Buffer.alloc(1));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const { socket } = listener.accept();
  const credentials = socket.peerCredentials();
  socket.close();
  await ended;
  const { uid, gid, server } = JSON.parse(printed);
  assert.deepEqual(credentials, { pid: child.pid, uid, gid });
  assert.equal(server, process.pid, 'the client sees who listens');
});

test('peerCredentials() throws where nobody is known, with the reason', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  assert.throws(() => client.peerCredentials(), {
    name: 'UnsupportedError',
    code: 'ERR_POLYIO_UNSUPPORTED',
    message: /process behind a unix socket only, this one is ipv4; use remoteAddress/,
  });
  using alone = Socket.open('unix', 'stream');
  assert.throws(() => alone.peerCredentials(), {
    name: 'SystemError',
    code: 'ENOTCONN',
    message: /a process is known after connect, accept or socketPair only/,
  });
  alone.close();
  assert.throws(() => alone.peerCredentials(), { code: 'ERR_POLYIO_CLOSED' });
});
