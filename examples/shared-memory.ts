// Shows: memory that two processes share without copying: a sealed MemFd, mapped by both
// Needs: Linux
// Run:   node build/examples/shared-memory.js
// Try:   node build/examples/shared-memory.js 1000000    (how often each of them counts)
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MemFd, PidFd } from 'polyio';

const COUNTER = 0;
const [rounds = '1000', role = 'parent'] = process.argv.slice(2);

function count(file: MemFd): Int32Array {
  const words = new Int32Array(file.map().buffer);
  for (let round = 0; round < Number(rounds); round++) Atomics.add(words, COUNTER, 1);
  return words;
}

if (role === 'child') {
  // The descriptor came as number 3; what it leads to is the very same memory.
  using file = MemFd.fromFd(3);
  console.log(`child counts in ${file.size} bytes, sealed: ${file.seals.join(', ')}`);
  count(file);
} else {
  using file = MemFd.open({ name: 'counters', size: 4_096 });
  // From now on nobody can cut it, so that the mapping is safe to touch.
  file.seal('F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_SEAL');
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [program, rounds, 'child'], {
    stdio: ['ignore', 'inherit', 'inherit', file.fd],
  });
  using pidFd = PidFd.open(child.pid as number);
  const words = count(file);
  const { reason, code } = pidFd.waitExit();
  console.log(`child ${reason} ${code}; together they counted to ${words[COUNTER]}`);
}
