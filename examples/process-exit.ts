// Shows: a child awaited by PidFd beside a timer in one selector; Node still emits its own 'exit'
// Needs: Linux 5.4
// Run:   node build/examples/process-exit.js
// Try:   node build/examples/process-exit.js sleep 3    (any command; after 2 s it gets SIGTERM)

import { spawn } from 'node:child_process';
import { openSelector, PidFd, READABLE, TimerFd } from 'polyio';

const [command = 'sh', ...args] = process.argv.slice(2);
const program = args.length > 0 || command !== 'sh' ? args : ['-c', 'sleep 0.2; exit 3'];
const child = spawn(command, program, { stdio: 'inherit' });
// A command that is not there has no pid: Node tells that by its own event.
child.on('error', (error) => console.log(`not started: ${error.message}`));

if (child.pid !== undefined) {
  using pidFd = PidFd.open(child.pid);
  using timer = TimerFd.open();
  timer.start(2_000);
  using selector = openSelector<'process' | 'timer'>();
  selector.register(pidFd, READABLE, 'process');
  selector.register(timer, READABLE, 'timer');
  console.log(`waiting for ${command}`);

  while (pidFd.tryWaitExit() === null) {
    for (const { key } of selector.select()) {
      if (key.data === 'process') continue;
      timer.read();
      console.log('it takes too long: SIGTERM, to that process and no other');
      pidFd.sendSignal('SIGTERM');
    }
  }
  const { reason, code, signal } = pidFd.waitExit();
  console.log(`PidFd says: ${reason} ${code ?? signal}`);
}
// The selector blocked this thread; when Node's loop runs again, it reaps the child.
child.on('exit', (code, signal) => console.log(`Node says: exit ${code ?? signal}`));
