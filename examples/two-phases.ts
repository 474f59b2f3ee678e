// Shows: the two phases of every receive, measured, under each model that you name: the same
//        clients, the same seed, so what differs is the model.
// Needs: Linux.
// Run:   node build/examples/two-phases.js blocking epoll
// Try:   non-blocking and look at the calls; io-uring; node-net, whose calls nobody sees.
import { record } from 'polyio/lab';

const names = process.argv.slice(2);
const models = names.length === 0 ? ['blocking', 'epoll'] : names;

function microseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1_000).toFixed(1)} us`.padStart(14);
}

console.log(
  `${'model'.padEnd(20)}${['phase 1', 'ready', 'phase 2'].map((t) => t.padStart(14)).join('')}`,
);
for (const model of models) {
  // Its name is checked by record(), which says what the models are.
  const trace = await record({ model: model as 'epoll', clients: 3, messages: 5, delayMs: 20 });
  const { wait, ready, copy, messages, callsPerMessage, wouldBlocks } = trace.summary;
  const medians = [wait.median, ready.median, copy.median].map(microseconds).join('');
  console.log(`${trace.run.model.padEnd(20)}${medians}`);
  const calls = `${callsPerMessage.toFixed(1)} calls a message, ${wouldBlocks} would-blocks`;
  console.log(`  ${messages} messages, ${calls}`);
  for (const note of trace.notes) console.log(`  ${note}`);
}
