/** One selector over every kind of descriptor: what it says of each, and what it refuses. */
import assert from 'node:assert/strict';
import { SystemError } from '../../src/errors.ts';
import { ERROR, HANGUP, READABLE, type Selector, WRITABLE } from '../../src/readiness.ts';
import { test } from '../harness/test.ts';
import { KINDS, type Kind, Scope, type Subject } from './descriptor-kinds.ts';
import type { SelectorSuite } from './selector.ts';

/** A machine with a busy neighbour must not fail; the selector returns long before. */
const WAIT_MS = 15_000;

function bitsOf(ready: number): string {
  const names = Object.entries({ READABLE, WRITABLE, HANGUP, ERROR });
  const found = names.filter(([, bit]) => (ready & bit) !== 0).map(([name]) => name);
  return found.join(' | ') || 'nothing';
}

/** What is ready at once, or within the time. */
function readyNow(selector: Selector<unknown>, timeoutMs = 0): number {
  return selector.wait(timeoutMs) === 0 ? 0 : selector.readyEvents(0);
}

function assertReady(actual: number, expected: number, when: string): void {
  assert.equal(bitsOf(actual), bitsOf(expected), when);
}

function assertRefused(selector: Selector<unknown>, { fd }: Subject): void {
  assert.throws(
    () => selector.register(fd, READABLE | WRITABLE, null),
    (error) =>
      error instanceof SystemError &&
      error.code === 'EPERM' &&
      error.syscall === 'epoll_ctl' &&
      /always ready/.test(error.message),
  );
  assert.equal(selector.size, 0);
}

function play(selector: Selector<unknown>, kind: Kind, subject: Subject): void {
  const isSelect = selector.model === 'select';
  const fresh = isSelect ? (kind.freshInSelect ?? kind.fresh) : kind.fresh;
  const { fd, feed, take, fill, empty, end } = subject;
  selector.register(fd, READABLE | WRITABLE, null);
  assertReady(readyNow(selector), fresh, 'when nothing has happened');
  if (feed !== undefined) {
    selector.modify(fd, READABLE);
    feed();
    assertReady(readyNow(selector, WAIT_MS) & READABLE, READABLE, 'when it was fed');
    take?.();
    selector.modify(fd, READABLE | WRITABLE);
    if (take !== undefined) assertReady(readyNow(selector), fresh, 'when that was taken');
  }
  if (fill !== undefined && empty !== undefined) {
    fill();
    assertReady(readyNow(selector) & WRITABLE, 0, 'when there is no room');
    empty();
    selector.modify(fd, WRITABLE);
    assertReady(readyNow(selector, WAIT_MS), WRITABLE, 'when there is room again');
    selector.modify(fd, READABLE | WRITABLE);
  }
  if (kind.ended !== undefined) {
    end?.();
    const { poll, select, kqueue = poll } = kind.ended;
    const expected = isSelect ? select : selector.model === 'kqueue' ? kqueue : poll;
    assertReady(settled(selector, expected), expected, 'when the other end has left');
  }
  selector.unregister(fd);
  assert.equal(readyNow(selector), 0);
}

/** Looks again while the news of the other end is on its way. */
function settled(selector: Selector<unknown>, expected: number): number {
  const deadline = performance.now() + WAIT_MS;
  let ready = readyNow(selector);
  while (ready !== expected && performance.now() < deadline) ready = readyNow(selector, 1);
  return ready;
}

/** Runs one back end over every kind; `skip` has the reasons of those that it cannot show. */
export function kindCases({ model, open, skip = {} }: SelectorSuite): void {
  for (const name of Object.keys(skip)) assert.ok(name in KINDS, `no kind: ${name}`);
  for (const [name, kind] of Object.entries(KINDS)) {
    const isRefused = model === 'epoll' && kind.isRefusedByEpoll === true;
    const title = `${model}: ${name}${isRefused ? ' is refused with EPERM' : ''}`;
    const playOne = () => {
      using scope = new Scope();
      using selector = open();
      const subject = kind.open(scope);
      if (isRefused) assertRefused(selector, subject);
      else play(selector, kind, subject);
    };
    test(title, playOne, { skip: skip[name] ?? kind.missing ?? false });
  }
}
