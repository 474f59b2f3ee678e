/** docs/BENCHMARKS.md in English. */
import type { Wording } from './page.ts';

export const ENGLISH: Wording = {
  titles: {
    model: 'model',
    rate: 'messages/s',
    megabytes: 'MB/s',
    ratio: 'ratio',
    cost: 'cost',
    calls: 'calls',
    switches: 'switches',
    memory: 'bytes each',
    cpu: 'CPU µs',
  },
  opening: (baseline) => `# Benchmarks

[中文](BENCHMARKS.zh-CN.md) · [all models and descriptors](README.md) · [how to measure](bench.md)

Written by \`npm run bench:docs\`, which measures every model under every workload and takes about 20 minutes. The figures are those of one
machine on one day. What travels to another one are the ratios: messages per second over those of \`${baseline}\` in the same round.`,
  machineHeading: '## The machine',
  pinned: (server, load) => `server on core ${server}, load on core ${load}`,
  notPinned: 'server and load not pinned to a core',
  rounds: (rounds, durationMs) => `${rounds} rounds of ${durationMs} ms, a fresh server in each`,
  load: (average) => `load average ${average} at the start`,
  readingHeading: '## How to read it',
  reading: `**ratio**: medians of the ratios of all rounds; in brackets where another run's median is to be expected, 19 times in 20. **cost**: the
same ratio for CPU time per message, less is better; it is steadier than the rate on a busy machine. **calls**, **switches** and **EAGAIN** are the
server's system calls, context switches and would-blocks for each message. A number behind a model's name is how many clients it serves at
once: it was measured with at most so many, whatever the workload has. \`~\` marks rows whose rounds differ by more than a quarter.`,
  workloads: {
    'ping-pong':
      'One connection, 64 B there and back: all that counts is how fast a sleeping thread is woken.',
    small: '50 connections, 64 B each.',
    many: '500 connections, 64 B each: more are ready at once, and a batch costs less for each.',
    bulk: '50 connections, 64 KiB each: the kernel’s copying outweighs the way of waiting.',
    churn: '50 at once, each connects, sends 64 B and closes: accepting and closing.',
    'slow-clients':
      '200 connections, together 1,000 messages a second: look at cost and latency, not at the rate.',
    pipelined:
      '50 connections with 16 messages under way on each: calls are shared by many messages.',
  },
  idleText: `10 active connections beside ever more silent ones. Models that ask about every descriptor climb; models that are told stay flat. In
parentheses: so many were open, where a model stops at its limit.`,
  idleCpu: '**CPU µs per message**',
  idleRatio: '**ratio**',
  idleMemory:
    '**bytes of memory for each silent connection** (in the process; the kernel’s own come on top)',
  noiseHeading: '## Noise',
  noise: ({ rows, noisy, typicalPercent, worstPercent }) =>
    `Of ${rows} rows ${noisy} are noisy. Half of all intervals reach less than ${typicalPercent} % above their ratio,
the widest ${worstPercent} %. Two models whose intervals overlap are not told apart by this run.`,
  lossHeading: '## Where a model does not pay',
  noLoss: 'In no row is a model worse than the baseline or a simpler model by more than the noise.',
  lossText:
    'Rows whose whole interval is worse than that of the baseline or of a model that is easier to have:',
  loss: ({ by, where, model, value, to, toValue }) =>
    `- \`${where}\`: \`${model}\` has the ${by} ${value}, \`${to}\` has ${toValue}`,
  limitsHeading: '## What it does not show',
  limits: `- A network. Everything goes over the loopback device, where the kernel's TCP code is most of each message, the same for all models.
- Your program. An echo does nothing between receiving and sending; the more yours does, the less the model matters.
- More than one core. Every server is kept on one; what \`--workers\` and more cores give is not measured here.
- Hours. A round lasts less than a second: no fragmentation, no garbage collection of a large heap.
- Blocking models at their best: they are measured with at most as many clients as they have workers, all of which are busy at once.
- System calls come from a run that is traced, where timing differs. That matters for \`non-blocking\`: it makes as many calls as it has time for,
  and the EAGAIN column, counted in the rounds themselves, says how many. Memory per connection comes from one sample.`,
};
