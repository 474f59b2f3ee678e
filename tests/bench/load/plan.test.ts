import assert from 'node:assert/strict';
import { type LoadOptions, planLoad } from '../../../src/bench.ts';
import { test } from '../../harness/test.ts';

const target = { host: '127.0.0.1', port: 1 };

test('planLoad: fills in what is not said', () => {
  assert.deepEqual(planLoad({ target, bytes: 100 }), {
    target: { ...target, udp: false },
    connections: 50,
    bytes: 100,
    pipeline: 1,
    idle: 0,
    rate: 0,
    durationMs: 5_000,
    messages: 0,
    warmUpMs: 500,
    rampMs: 0,
    churn: 0,
    stallMs: 5_000,
    seed: 1,
    engine: 'default',
  });
});

const REFUSED: readonly [options: object, message: RegExp][] = [
  [{}, /^target is \{ host, port \}, with udp, or \{ path \}, got undefined/],
  [{ target: { host: 'example.org', port: 1 } }, /^target.host must be a numeric address, got 'e/],
  [{ target: { host: '127.0.0.1', port: 0 } }, /^target.port must be an integer from 1 to 65535/],
  [{ target: { path: '' } }, /^path must not be empty/],
  [{ target, connections: 0 }, /^connections must be an integer from 1 to 100000, got 0/],
  [{ target, connections: Number.NaN }, /^connections must be an integer .* got NaN/],
  [{ target, bytes: '64' }, /^bytes must be a number, got '64'/],
  [
    { target, bytes: 2 ** 24, pipeline: 100 },
    /^100 messages of 16777216 bytes are more than 1 GiB/,
  ],
  [{ target: { ...target, udp: true }, bytes: 3 }, /^bytes must be an integer from 4 to 65507/],
  [{ target: { ...target, udp: true }, churn: 1 }, /^churn needs connections, and UDP has none/],
  [{ target: { ...target, udp: true }, idle: 1 }, /^idle needs connections, and UDP has none/],
  [{ target, durationMs: 0 }, /^durationMs must be an integer from 1/],
  [{ target, engine: 'kqueue' }, /^engine is io-uring, epoll or default, got 'kqueue'/],
];

for (const [options, message] of REFUSED) {
  test(`planLoad: refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => planLoad(options as LoadOptions), { message });
  });
}
