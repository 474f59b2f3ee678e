import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { ForcedOptions } from '../../src/completion/io-uring/core.ts';
import { IoUringQueue } from '../../src/completion/io-uring.ts';
import { type Operation, openCompletionQueue } from '../../src/completion.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { Ring } from '../../src/sys/linux/io-uring/ring.ts';
import { completionCases, full } from '../cases/completion.ts';
import { Descriptors } from '../cases/selector-descriptors.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const unavailable = IoUringQueue.unavailable();
const noRing = unavailable === null ? false : `${unavailable.reason}; ${unavailable.remedy}`;

function needs(tool: string, args: readonly string[]): string | false {
  if (noRing !== false) return noRing;
  const tried = spawnSync(tool, args, { encoding: 'utf8' });
  if (tried.status === 0) return false;
  return `${tool} does not run here: ${tried.error?.message ?? tried.stderr.trim()}`;
}

const noStrace = needs('strace', ['-o', '/dev/null', 'true']);
const noPrlimit = needs('prlimit', ['--nofile=100:100', 'true']);
const room = new URL('../../src/completion.js', import.meta.url).href;

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** What the queue must do on this kernel, and as on kernels that lack this or that. */
const FORCED: Readonly<Record<string, ForcedOptions>> = {
  'io-uring': {},
  'io-uring of 6.0': { without: ['defer-taskrun', 'no-sqarray'] },
  'io-uring of 5.19': {
    without: ['defer-taskrun', 'no-sqarray', 'recv-multishot', 'send-zero-copy'],
  },
  'io-uring of 5.11': {
    without: [
      'defer-taskrun',
      'no-sqarray',
      'registered-ring',
      'accept-multishot',
      'recv-multishot',
      'buffer-ring',
      'send-zero-copy',
    ],
  },
};

for (const [name, forced] of Object.entries(FORCED)) {
  if (noRing !== false) {
    test(name, () => {}, { skip: noRing });
    continue;
  }
  const isSingle = forced.without?.includes('accept-multishot') === true;
  completionCases({
    name,
    open: (options) => new IoUringQueue(options, forced),
    acceptsOneByOne: isSingle,
  });
}

test(
  'io-uring: it says what it makes use of',
  () => {
    using queue = openCompletionQueue('io-uring');
    assert.ok(queue instanceof IoUringQueue);
    const shown = inspect(queue);
    assert.match(shown, /^IoUringQueue\{io-uring, 0 in flight, 0 queued, [a-z -]*\}$/);
    for (const feature of queue.features) assert.ok(shown.includes(feature), feature);
    using plain = new IoUringQueue({}, FORCED['io-uring of 5.11']);
    assert.deepEqual(plain.features, []);
    queue.close();
    assert.equal(inspect(queue), 'IoUringQueue{closed}');
  },
  { skip: noRing },
);

test(
  'io-uring: completions that overflow the queue arrive once each',
  (context) => {
    const count = full(10_000, 3_000);
    for (const without of [[], ['defer-taskrun']] as const) {
      using fds = new Descriptors();
      using queue = new IoUringQueue({ entries: 16 }, { inFlightMax: count, without });
      const fd = fds.event(1);
      const receipts = new Set<Operation<unknown>>();
      for (let index = 0; index < count; index++) receipts.add(queue.poll(fd, 1));
      queue.submit();
      while (receipts.size > 0) {
        for (const receipt of queue.wait()) assert.ok(receipts.delete(receipt), 'it came twice');
      }
      const { completed, overflows, lost, inFlight } = queue.statistics();
      assert.deepEqual([completed, lost, inFlight], [count, 0, 0]);
      assert.ok(overflows > 0, 'the queue of 16 overflowed');
      context.diagnostic(`${overflows} overflows, ${without.join() || 'everything used'}`);
    }
  },
  { skip: noRing },
);

test(
  'io-uring: a selector is woken by the queue, whatever its ring does',
  () => {
    for (const without of [[], ['defer-taskrun']] as const) {
      using outer = new IoUringQueue();
      using queue = new IoUringQueue({}, { without });
      const watched = outer.poll(queue.fd, 1);
      queue.wait({ min: 0 });
      outer.wait({ min: 0 });
      const late = queue.timeout(5);
      queue.submit();
      while (!late.done) {
        outer.wait();
        queue.wait({ min: 0 });
        if (!late.done) outer.poll(queue.fd, 1);
      }
      assert.ok(watched.done);
    }
  },
  { skip: noRing },
);

test(
  'io-uring: a multishot accept survives a burst without descriptors',
  async (context) => {
    const total = full(10_000, 400);
    const clients = new Set<Promise<unknown>>();
    const open = (port: number): void => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      const closed = once(socket.resume(), 'close');
      clients.add(closed);
      void closed.then(() => clients.delete(closed));
    };
    let opened = 0;
    const { stdout, stderr, code } = await runCommand(
      process.execPath,
      [fixture('accept-burst.js'), String(total)],
      {
        limitMs: 100_000,
        onOutput: (output) => {
          const port = Number.parseInt(output, 10);
          const refill = (): void => {
            for (; opened < total && clients.size < 200; opened++) open(port);
            if (opened < total) setTimeout(refill, 2);
          };
          if (opened === 0) refill();
        },
      },
    );
    assert.equal(code, 0, stderr);
    const { accepted, bursts, rearmed } = JSON.parse(stdout.split('\n')[1] as string);
    assert.equal(accepted, total);
    assert.ok(bursts > 0 && rearmed > 0, 'descriptors ran out');
    context.diagnostic(`${accepted} accepted, descriptors ran out ${bursts} times`);
    await Promise.all(clients);
  },
  { skip: noPrlimit, limitMs: 120_000 },
);

async function collectedBuffers(count: number, variant: string) {
  const args = ['--expose-gc', fixture('collected-buffers.js'), String(count), variant];
  return await runCommand(process.execPath, args, { limitMs: 200_000 });
}

test(
  'io-uring: buffers dropped in flight stay whole while the collector runs',
  async (context) => {
    const { stdout, stderr, code } = await collectedBuffers(full(200_000, 10_000), 'right');
    assert.equal(code, 0, stderr);
    const { damaged, memoryUsed, lost, cancelled, collections } = JSON.parse(stdout);
    assert.deepEqual([damaged, memoryUsed, lost], [0, 0, 0]);
    assert.ok(cancelled > 0 && collections > 0);
    context.diagnostic(stdout.trim());
  },
  { skip: noRing, limitMs: 220_000 },
);

test(
  'io-uring: the same finds it out when buffers are given back too early',
  async (context) => {
    const { stdout, code } = await collectedBuffers(2_000, 'broken');
    const damaged = code === 0 ? (JSON.parse(stdout) as { damaged: number }).damaged : -1;
    assert.notEqual(damaged, 0, 'the wrong program passed');
    context.diagnostic(stdout.trim());
  },
  { skip: noRing, limitMs: 60_000 },
);

const OPEN = `
import { openCompletionQueue } from ${JSON.stringify(room)};
try { openCompletionQueue(); console.log('opened'); }
catch (error) { console.log(error.name, error.code, error.message); }`;

/** Runs source text in a Node some of whose system calls are answered by strace. */
async function runInjected(injection: string, source: string): Promise<string> {
  const strace = ['-f', '-o', '/dev/null', '-e', `trace=${injection.split(':')[0]}`];
  const node = [process.execPath, '--input-type=module', '--eval', source];
  const inject = ['-e', `inject=${injection}`];
  const { stdout, stderr, code } = await runCommand('strace', [...strace, ...inject, ...node]);
  assert.equal(code, 0, stderr);
  return stdout;
}

for (const [errno, reason] of [
  ['EPERM', /seccomp filter/],
  ['ENOSYS', /without io_uring/],
  ['ENOMEM', /locked memory/],
] as const) {
  test(
    `io-uring: ${errno} from io_uring_setup is explained, and nothing else is opened`,
    async () => {
      const stdout = await runInjected(`io_uring_setup:error=${errno}`, OPEN);
      assert.match(stdout, /^UnsupportedError ERR_POLYIO_UNSUPPORTED every completion queue/);
      assert.ok(stdout.includes(errno), stdout);
      assert.match(stdout, reason);
      assert.match(stdout, /openSelector/);
    },
    { skip: noStrace, limitMs: 40_000 },
  );
}

/** Runs a body while some calls of the kernel are answered here. */
function withAnswers(answer: (call: number) => number | null, body: () => void): void {
  const { enter, submit } = Ring.prototype;
  let calls = 0;
  Ring.prototype.enter = function (least, timeoutMs) {
    return answer(++calls) ?? enter.call(this, least, timeoutMs);
  };
  Ring.prototype.submit = function () {
    return answer(++calls) ?? submit.call(this);
  };
  try {
    body();
  } finally {
    Ring.prototype.enter = enter;
    Ring.prototype.submit = submit;
  }
}

for (const errno of ['EINTR', 'EAGAIN', 'EBUSY'] as const) {
  test(
    `io-uring: ${errno} from io_uring_enter does not surface`,
    () => {
      using fds = new Descriptors();
      const [one, other] = fds.pair();
      let bytes = 0;
      withAnswers(
        (call) => (call % 3 === 0 ? -ERRNO[errno] : null),
        () => {
          using queue = new IoUringQueue();
          using buffer = queue.allocate(8);
          for (let round = 0; round < 100; round++) {
            const receipt = queue.recv(one, buffer);
            queue.send(other, Buffer.from('x'));
            if (round % 5 === 0) queue.submit();
            while (!receipt.done) queue.wait();
            bytes += receipt.result();
          }
        },
      );
      assert.equal(bytes, 100);
    },
    { skip: noRing },
  );
}

test(
  'io-uring: memory of what the kernel does not give back stays, and close says so',
  () => {
    using fds = new Descriptors();
    for (const isKept of [false, true]) {
      const queue = new IoUringQueue();
      const bytes = queue.allocate(8).bytes.fill(7);
      queue.recv(fds.pair()[0], bytes);
      queue.submit();
      withAnswers(
        () => (isKept ? -ERRNO.EINVAL : null),
        () => {
          const message =
            'io_uring_enter EINVAL: 1 operations have not come back from the kernel; ' +
            'their memory stays';
          if (isKept) assert.throws(() => queue.close(), { code: 'EINVAL', message });
          else queue.close();
        },
      );
      assert.equal(bytes[0], isKept ? 7 : 0);
      queue.close();
    }
  },
  { skip: noRing },
);
