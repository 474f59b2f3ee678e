#!/usr/bin/env node
/** The command `polyio`. */
function explainShortage(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
  console.error('polyio: too few descriptors to start; raise the limit (ulimit -n)');
  process.exit(1);
}

// Node opens all modules of a program at once: a low descriptor limit shows here first.
const { runCommandLine } = await import('./cli/program.ts').catch(explainShortage);

await runCommandLine(process.argv.slice(2)).catch(explainShortage);
