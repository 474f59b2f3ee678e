/** `polyio lab`: a page on loopback where models are run and watched. */
import type { Command } from 'commander';
import { declareLabOptions, type LabFlags } from './lab-options.ts';

const HELP = `
Examples:
  polyio lab                    prints an address, and opens it where there is a browser
  polyio lab --no-open          prints it only
  polyio lab --port 8081        the same port every time
  polyio lab --no-open --json | head -1 | node -p 'JSON.parse(fs.readFileSync(0)).url'

The address holds a token: whoever has it can start runs here, so share a run as its own link or
file, from the page. The server listens on 127.0.0.1 and nowhere else; a run has at most 64 active
clients, messages of 1 MiB and a minute. One run at a time.

From another machine:  ssh -L 8081:127.0.0.1:8081 HOST polyio lab --no-open --port 8081

--json prints one object a line: listening (url, port, pid), then stopped (signal).

SIGINT (Ctrl-C) and SIGTERM end it at once, with the run that is going on.
Exit codes: 0 fine, 1 failure, 2 wrong usage.`;

/** The lab is loaded when it is wanted: a server would carry it along for nothing. */
async function run(flags: LabFlags): Promise<void> {
  const { runLab } = await import('./lab-run.ts');
  await runLab(flags);
}

/** Declares the command. */
export function defineLab(command: Command): void {
  command.description('open a page where models are run and watched, both phases measured');
  declareLabOptions(command);
  command.addHelpText('after', HELP).action(run);
}
