// Kills the process given as the argument when it does not disarm in time. It is a process of its
// own because a test that sleeps in the kernel runs no JavaScript, its own timers included.
import { createInterface } from 'node:readline';

const victim = Number(process.argv[2]);
let timer: NodeJS.Timeout | undefined;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    clearTimeout(timer);
    const { limitMs, name } = JSON.parse(line) as { limitMs: number; name: string };
    if (limitMs === 0) return;
    timer = setTimeout(() => {
      process.stderr.write(`watchdog: "${name}" did not end within ${limitMs} ms, killed\n`);
      process.kill(victim, 'SIGKILL');
    }, limitMs);
  })
  .on('close', () => process.exit(0));
