import assert from 'node:assert/strict';
import {
  descriptorsNeeded,
  modelContender,
  peerContender,
  type Share,
  shareOf,
} from '../../src/bench/contender.ts';
import { findPeer, PEER_NAMES, parsePeer } from '../../src/bench/peers.ts';
import { cellsOf, findWorkload, type Workload } from '../../src/bench/workload.ts';
import { type ModelName, modelInfo } from '../../src/servers.ts';
import { test } from '../harness/test.ts';

function cell(workload: string, idle = 0) {
  return { workload: findWorkload(workload) as Workload, idle };
}

function model(name: ModelName) {
  return modelContender(modelInfo(name), ['node', 'cli.js', 'serve']);
}

test('a model is the command that serves it', () => {
  assert.deepEqual(model('epoll').command(0), [
    ...['node', 'cli.js', 'serve', '--model', 'epoll', '--json', '--port', '0'],
  ]);
});

test('shareOf: a readiness model does all of it', () => {
  assert.deepEqual(shareOf(model('epoll'), cell('idle', 10_000)), {
    connections: 10,
    idle: 10_000,
    rate: null,
    note: null,
  });
});

test('shareOf: blocking models serve as many as they have workers, and say so', () => {
  const { connections, note } = shareOf(model('blocking'), cell('small')) as Share;
  assert.deepEqual([connections, note], [1, 'serves 1 at once, measured with 1']);
  const threads = shareOf(model('blocking-threads'), cell('slow-clients')) as Share;
  assert.deepEqual([threads.connections, threads.rate], [8, 40]);
  const pong = shareOf(model('blocking'), cell('ping-pong')) as Share;
  assert.deepEqual([pong.connections, pong.note], [1, 'serves 1 at once']);
  assert.match(
    shareOf(model('blocking'), cell('idle', 100)) as string,
    /^serves 1 at once: silent/,
  );
});

test('shareOf: select stops at its limit, and says so', () => {
  assert.equal((shareOf(model('select'), cell('idle', 100)) as Share).idle, 100);
  const { idle, note } = shareOf(model('select'), cell('idle', 1_000)) as Share;
  assert.equal(idle, 950);
  assert.equal(note, 'watches descriptors below 1,024 only: 950 silent, not 1,000');
  assert.match(shareOf(model('select'), cell('idle', 10_000)) as string, /it stops at 950 silent/);
});

test('descriptorsNeeded: the largest cell, and the part that a server keeps for itself', () => {
  assert.equal(descriptorsNeeded([cell('small'), cell('ping-pong')]), 143);
  assert.equal(descriptorsNeeded(cellsOf([cell('idle').workload])), 12_593);
});

test('a peer is NAME=COMMAND with {port}, and may quote', () => {
  const peer = parsePeer(`mine="/opt/my server" --listen '127.0.0.1:{port}' -v {port}`);
  assert.equal(peer.name, 'mine');
  assert.deepEqual(peer.command(81), ['/opt/my server', '--listen', '127.0.0.1:81', '-v', '81']);
  assert.throws(() => parsePeer('mine=server'), /a peer is NAME=COMMAND with \{port\}/);
  assert.throws(() => parsePeer('server {port}'), TypeError);
});

test('known peers are found by name', () => {
  assert.deepEqual(PEER_NAMES, ['bun', 'deno', 'python']);
  assert.throws(() => findPeer('perl'), /unknown peer 'perl'; the peers are bun, deno, python/);
  for (const name of PEER_NAMES) {
    const peer = findPeer(name);
    if (typeof peer === 'string') assert.match(peer, /^\w+ is not installed$/);
    else assert.ok(peer.command(4_711).includes('4711'));
  }
  assert.ok(peerContender('x', ['a', '{port}']).isPeer);
});
