import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Inotify, type InotifyEvent, type InotifyMask, type InotifyWatch } from '../../src/io.ts';
import { openSelector, READABLE } from '../../src/readiness.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { test } from '../harness/test.ts';

const MOVER = fileURLToPath(new URL('../fixtures/mover.js', import.meta.url));
/** Fewer than half of the smallest queue there is. */
const MOVES = 4_000;
/** Longer queues would take too long to fill. */
const QUEUE_MAX = 100_000;

interface Watched extends Disposable {
  readonly folder: string;
  readonly inotify: Inotify;
}

/** A folder of its own, and an Inotify that does not wait. */
function setUp(): Watched {
  const folder = fs.mkdtempSync(join(tmpdir(), 'polyio-inotify-'));
  const inotify = Inotify.open();
  inotify.setBlocking(false);
  const dispose = () => {
    inotify.close();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { folder, inotify, [Symbol.dispose]: dispose };
}

/** A change without the fields that say nothing. */
function shown(event: InotifyEvent): string {
  if (event.event === 'IN_Q_OVERFLOW') return event.event;
  const kind = event.isDirectory ? ' directory' : '';
  if (event.event === 'IN_MOVE') return `IN_MOVE${kind} ${event.from.name} -> ${event.to.name}`;
  return `${event.event}${kind}${event.name === null ? '' : ` ${event.name}`}`;
}

function take(inotify: Inotify): string[] {
  return (inotify.tryRead() ?? []).map(shown);
}

test('what happens in a directory comes by name and in order', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const watch = inotify.watch(folder, ['IN_CREATE', 'IN_CLOSE_WRITE', 'IN_DELETE', 'IN_MODIFY']);
  assert.equal(inotify.tryRead(), null);
  fs.writeFileSync(join(folder, 'a'), 'text');
  fs.mkdirSync(join(folder, 'd'));
  fs.rmSync(join(folder, 'a'));
  const events = inotify.read();
  assert.deepEqual(events[0], {
    event: 'IN_CREATE',
    watch,
    name: 'a',
    isDirectory: false,
    cookie: 0,
  });
  assert.deepEqual(events.map(shown), [
    'IN_CREATE a',
    'IN_MODIFY a',
    'IN_CLOSE_WRITE a',
    'IN_CREATE directory d',
    'IN_DELETE a',
  ]);
  assert.throws(() => inotify.read(), { code: 'EAGAIN', syscall: 'read' });
});

test('the two halves of a move are one event that says where from and where to', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const [left, right] = [join(folder, 'left'), join(folder, 'right')];
  for (const path of [left, right, join(left, 'd')]) fs.mkdirSync(path);
  fs.writeFileSync(join(left, 'a'), '');
  const from = inotify.watch(left, ['IN_MOVE']);
  const to = inotify.watch(right, ['IN_MOVE']);
  fs.renameSync(join(left, 'a'), join(right, 'b'));
  const event = 'IN_MOVE';
  assert.deepEqual(inotify.tryRead(), [
    { event, from: { watch: from, name: 'a' }, to: { watch: to, name: 'b' }, isDirectory: false },
  ]);
  fs.renameSync(join(right, 'b'), join(right, 'c'));
  fs.renameSync(join(left, 'd'), join(right, 'd'));
  assert.deepEqual(take(inotify), ['IN_MOVE b -> c', 'IN_MOVE directory d -> d']);
});

for (const family of ['read', 'tryRead'] as const) {
  test(`${family}() while another process moves: no move is lost or told twice`, async (context) => {
    using watched = setUp();
    const { folder, inotify } = watched;
    const [left, right] = [join(folder, 'left'), join(folder, 'right')];
    for (const path of [left, right]) {
      fs.mkdirSync(path);
      inotify.watch(path, ['IN_MOVE']);
    }
    fs.writeFileSync(join(left, 'file-0'), '');
    using selector = openSelector();
    selector.register(inotify, READABLE, null);
    // With a time limit read() waits for second halves, and a broken mover does not hang the test.
    if (family === 'read') inotify.setTimeout(15_000);
    const mover = spawn(process.execPath, [MOVER, left, right, String(MOVES)], {
      stdio: 'inherit',
    });
    const ended = once(mover, 'exit');
    const arrived: string[] = [];
    let apart = 0;
    while (arrived.length < MOVES) {
      if (family === 'tryRead') assert.equal(selector.wait(15_000), 1);
      for (const event of inotify[family]() ?? []) {
        assert.ok(event.event !== 'IN_Q_OVERFLOW');
        if (event.event === 'IN_MOVED_TO') apart++;
        if (event.event === 'IN_MOVE') arrived.push(event.to.name);
        else if (event.event === 'IN_MOVED_TO') arrived.push(event.name as string);
      }
    }
    const expected = Array.from({ length: MOVES }, (_, round) => `file-${round + 1}`);
    assert.deepEqual(arrived, expected);
    context.diagnostic(`${MOVES} moves, ${apart} of them told as two halves`);
    assert.deepEqual(await ended, [0, null]);
  });
}

test('a half of a move that stays alone is told as what it is', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const [inside, outside] = [join(folder, 'inside'), join(folder, 'outside')];
  for (const path of [inside, outside]) fs.mkdirSync(path);
  fs.writeFileSync(join(inside, 'a'), '');
  inotify.watch(inside, ['IN_MOVE']);
  fs.renameSync(join(inside, 'a'), join(outside, 'a'));
  fs.renameSync(join(outside, 'a'), join(inside, 'b'));
  const [gone, come] = inotify.tryRead() ?? [];
  assert.deepEqual(
    [gone, come].map((event) => shown(event as InotifyEvent)),
    ['IN_MOVED_FROM a', 'IN_MOVED_TO b'],
  );
  assert.ok(gone && 'cookie' in gone && come && 'cookie' in come);
  assert.notEqual(gone.cookie, 0);
  assert.notEqual(gone.cookie, come.cookie);
  inotify.setBlocking(true);
  fs.renameSync(join(inside, 'b'), join(outside, 'b'));
  assert.deepEqual(inotify.read().map(shown), ['IN_MOVED_FROM b']);
});

test('a queue that was full says so, and works on', (context) => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const limit = Number(fs.readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  if (limit > QUEUE_MAX) {
    context.skip(`fs.inotify.max_queued_events is ${limit}, more than is filled in a test`);
    return;
  }
  // Equal neighbours become one event, so that two files take turns.
  const files = ['a', 'b'].map((name) => fs.openSync(join(folder, name), 'w'));
  inotify.watch(folder, ['IN_ATTRIB']);
  for (let event = 0; event <= limit; event++) fs.fchmodSync(files[event % 2] as number, 0o600);
  let seen = 0;
  const last: string[] = [];
  for (let batch = take(inotify); batch.length > 0; batch = take(inotify)) {
    seen += batch.length;
    last.push(batch.at(-1) as string);
  }
  assert.equal(last.at(-1), 'IN_Q_OVERFLOW');
  assert.equal(seen, limit + 1);
  fs.fchmodSync(files[0] as number, 0o644);
  assert.deepEqual(take(inotify), ['IN_ATTRIB a']);
  for (const file of files) fs.closeSync(file);
});

test('a watch that ends says IN_IGNORED last', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const path = join(folder, 'a');
  fs.writeFileSync(path, '');
  const file = inotify.watch(path, ['IN_DELETE_SELF', 'IN_ATTRIB']);
  const directory = inotify.watch(folder, ['IN_CREATE']);
  assert.deepEqual(inotify.watches(), [file, directory]);
  fs.rmSync(path);
  assert.deepEqual(take(inotify), ['IN_ATTRIB', 'IN_DELETE_SELF', 'IN_IGNORED']);
  assert.deepEqual(inotify.watches(), [directory]);
  fs.writeFileSync(join(folder, 'b'), '');
  inotify.unwatch(directory);
  inotify.unwatch(directory);
  fs.writeFileSync(join(folder, 'c'), '');
  const events = inotify.read();
  assert.deepEqual(events.map(shown), ['IN_CREATE b', 'IN_IGNORED']);
  assert.ok(events.every((event) => 'watch' in event && event.watch === directory));
  assert.deepEqual(inotify.watches(), []);
  inotify.unwatch(directory);
});

test('one inode has one watch, under whatever name', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const [path, link] = [join(folder, 'a'), join(folder, 'link')];
  fs.writeFileSync(path, '');
  fs.symlinkSync(path, link);
  const watch = inotify.watch(path, ['IN_ATTRIB']);
  assert.equal(inotify.watch(link, ['IN_OPEN']), watch);
  fs.chmodSync(path, 0o600);
  assert.equal(inotify.tryRead(), null);
  inotify.watch(path, ['IN_ATTRIB', 'IN_MASK_ADD']);
  fs.chmodSync(path, 0o644);
  fs.closeSync(fs.openSync(path, 'r'));
  assert.deepEqual(take(inotify), ['IN_ATTRIB', 'IN_OPEN']);
  const again = () => inotify.watch(path, ['IN_OPEN', 'IN_MASK_CREATE']);
  assert.throws(again, { code: 'EEXIST', path, message: /watched already/ });
  assert.notEqual(inotify.watch(link, ['IN_OPEN', 'IN_DONT_FOLLOW']), watch);
});

test('IN_ONESHOT tells once, IN_ONLYDIR refuses files', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const path = join(folder, 'a');
  fs.writeFileSync(path, '');
  inotify.watch(folder, ['IN_CREATE', 'IN_ONESHOT', 'IN_ONLYDIR']);
  fs.mkdirSync(join(folder, 'b'));
  fs.mkdirSync(join(folder, 'c'));
  assert.deepEqual(take(inotify), ['IN_CREATE directory b', 'IN_IGNORED']);
  const expected = { code: 'ENOTDIR', syscall: 'inotify_add_watch', path };
  assert.throws(() => inotify.watch(path, ['IN_OPEN', 'IN_ONLYDIR']), expected);
});

test('what cannot be watched names the path and why', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const path = join(folder, 'missing');
  const expected = {
    name: 'SystemError',
    code: 'ENOENT',
    syscall: 'inotify_add_watch',
    path,
    message: `inotify_add_watch ENOENT ${path}: there is nothing of that name`,
  };
  assert.throws(() => inotify.watch(path, ['IN_OPEN']), expected);
  assert.throws(() => inotify.watch('a\0b', ['IN_OPEN']), TypeError);
  assert.throws(() => inotify.watch(5 as unknown as string, ['IN_OPEN']), TypeError);
  const wrong: unknown[] = [[], ['IN_ONLYDIR'], ['IN_NOTHING'], ['IN_IGNORED'], 'IN_OPEN', 32];
  for (const mask of wrong) {
    const call = () => inotify.watch(folder, mask as InotifyMask[]);
    assert.throws(call, { name: 'TypeError', message: /^mask/ });
  }
  assert.deepEqual(inotify.watches(), []);
});

test('a watch of somebody else is refused', () => {
  using watched = setUp();
  using other = setUp();
  const watch = watched.inotify.watch(watched.folder, ['IN_OPEN']);
  other.inotify.watch(other.folder, ['IN_OPEN']);
  assert.throws(() => other.inotify.unwatch(watch), { name: 'TypeError', message: /not one of/ });
  for (const wrong of [null, 1, {}]) {
    assert.throws(() => other.inotify.unwatch(wrong as InotifyWatch), TypeError);
  }
});

test('Inotify: printed in one line; closed, it says so', () => {
  using watched = setUp();
  const { folder, inotify } = watched;
  const watch = inotify.watch(folder, ['IN_OPEN']);
  assert.equal(inspect(inotify), `Inotify{fd ${inotify.fd} 1 watches non-blocking}`);
  inotify.close();
  const calls = [
    () => inotify.watch(folder, ['IN_OPEN']),
    () => inotify.unwatch(watch),
    () => inotify.read(),
    () => inotify.tryRead(),
  ];
  for (const call of calls) assert.throws(call, { code: 'ERR_POLYIO_CLOSED' });
});

openAndClose('Inotify', () => Inotify.open());
