// Shows: what kqueue tells beside "ready": how many bytes wait, that the writer has left, that a
//        timer ran out, that the program itself triggered something; all in the same wait
// Needs: macOS or a BSD with user events; elsewhere it says why not and ends with exit code 1
// Run:   node build/examples/kqueue-events.js
// Try:   npx polyio serve --model kqueue
import { HANGUP, KqueueSelector, Pipe, READABLE } from 'polyio';

const SOON = 1;
const DONE = 2;
const missing = KqueueSelector.unavailable();
if (missing !== null) {
  console.error(`no kqueue here: ${missing.reason}`);
  process.exit(1);
}

using selector = new KqueueSelector<Pipe>();
using pipe = Pipe.open();
const buffer = Buffer.alloc(64);
const texts = ['hello', 'and goodbye'];
// What a selector watches is non-blocking.
pipe.reader.setBlocking(false);
selector.register(pipe.reader, READABLE, pipe);
selector.addUserEvent(DONE);
selector.setTimer(SOON, 20);

for (let isDone = false; !isDone; ) {
  const count = selector.wait();
  for (const { id } of selector.expired) {
    const text = texts.shift();
    console.log(`timer ${id}: ${text === undefined ? 'the writer leaves' : `write "${text}"`}`);
    if (text !== undefined) pipe.writer.write(Buffer.from(text));
    else pipe.writer.close();
  }
  for (let index = 0; index < count; index++) {
    const waiting = selector.readyBytes(index);
    const hasLeft = (selector.readyEvents(index) & HANGUP) !== 0;
    const bytes = pipe.reader.tryRead(buffer) ?? 0;
    console.log(`${waiting} bytes wait: "${buffer.toString('utf8', 0, bytes)}"`);
    if (!hasLeft) {
      selector.setTimer(SOON, 20);
      continue;
    }
    console.log('nobody writes any more');
    selector.unregister(pipe.reader);
    selector.trigger(DONE, 42);
  }
  for (const { id, value } of selector.triggered) {
    console.log(`event ${id} of the program itself, with ${value}`);
    isDone = true;
  }
}
