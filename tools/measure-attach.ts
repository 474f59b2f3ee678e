/**
 * What one attached wake-up costs, beside the bare callback of the foreign library's poll handle.
 *
 *     node build/tools/measure-attach.js [rounds [wake-ups per round]]
 *
 * Every way of waiting gets the same work: an eventfd is written to, Node's loop wakes, the counter
 * is read, and so on. The ways take turns, round by round; each line is the median of its rounds in
 * microseconds per wake-up, and what it lies above the bare callback in the same run.
 */

import { attach } from '../src/node.ts';
import { describeHost } from '../src/platform/host.ts';
import { openSelector, READABLE, Waker } from '../src/readiness.ts';
import { pollHandle } from '../src/sys/ffi.ts';
import { isMain } from './tree.ts';

const ROUNDS = 9;
const WAKES = 20_000;
const LIMIT_US = 10;

type Way = (waker: Waker, wakes: number) => Promise<void>;

function bareCallback(waker: Waker, wakes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = wakes;
    const handle = pollHandle(waker.fd, () => {
      waker.clear();
      if (--left > 0) {
        waker.wake();
        return;
      }
      handle.close();
      // A promise resolved in this callback would not go on by itself.
      setImmediate(resolve);
    });
    waker.wake();
  });
}

function attachedCallback(waker: Waker, wakes: number): Promise<void> {
  let left = wakes;
  const attachment = attach(waker, () => {
    waker.clear();
    if (--left > 0) waker.wake();
    else attachment.close();
  });
  waker.wake();
  return attachment.finished;
}

async function attachedDescriptor(waker: Waker, wakes: number): Promise<void> {
  let left = wakes;
  waker.wake();
  for await (const _ready of attach(waker)) {
    waker.clear();
    if (--left === 0) break;
    waker.wake();
  }
}

async function attachedSelector(waker: Waker, wakes: number): Promise<void> {
  using selector = openSelector();
  selector.register(waker, READABLE, undefined);
  let left = wakes;
  waker.wake();
  for await (const batch of attach(selector)) {
    for (const _event of batch) waker.clear();
    if (--left === 0) break;
    waker.wake();
  }
}

/** The first one is what the others are compared with. */
export const WAYS: Readonly<Record<string, Way>> = {
  'bare callback of koffi.node.poll': bareCallback,
  'attach(descriptor, callback)': attachedCallback,
  'for await (attach(descriptor))': attachedDescriptor,
  'for await (attach(selector))': attachedSelector,
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Microseconds per wake-up by way, the median of alternating rounds. */
export async function measureAttach(rounds: number, wakes: number): Promise<Map<string, number>> {
  const times = new Map(Object.keys(WAYS).map((name) => [name, [] as number[]]));
  using waker = new Waker();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(WAYS)) {
      const start = performance.now();
      await way(waker, wakes);
      // The first round warms up.
      if (round > 0) times.get(name)?.push(((performance.now() - start) / wakes) * 1_000);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

async function main(rounds: number, wakes: number): Promise<void> {
  const { node, kernel, arch, cpus } = describeHost();
  console.log(`Node ${node}, Linux ${kernel} ${arch}, ${cpus} processors`);
  console.log(`${rounds} alternating rounds of ${wakes} wake-ups, medians in us per wake-up`);
  const medians = await measureAttach(rounds, wakes);
  const [bare = 0] = medians.values();
  let worst = 0;
  for (const [name, time] of medians) {
    worst = Math.max(worst, time - bare);
    console.log(`${name.padEnd(34)} ${time.toFixed(2).padStart(6)}  ${signed(time - bare)}`);
  }
  const verdict = worst <= LIMIT_US ? 'reached' : 'missed';
  console.log(`at most ${LIMIT_US} us above the bare callback: ${verdict}`);
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}

if (isMain(import.meta.url)) {
  await main(Number(process.argv[2] ?? ROUNDS), Number(process.argv[3] ?? WAKES));
}
