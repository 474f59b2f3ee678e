/** The life of `polyio lab`, from the flags to the signal that ends it. */
import { LabServer } from '../lab.ts';
import { browserOpener, openBrowser } from './browser.ts';
import { Failure } from './failure.ts';
import { openJson } from './json-output.ts';
import type { LabFlags } from './lab-options.ts';
import { color, stdout } from './output.ts';
import { StopSignals } from './stop-signals.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'somebody listens there already; --port 0 takes a free one',
  EACCES: 'you may not listen there; take a port above 1023',
};

async function open(port: number): Promise<LabServer> {
  try {
    return await LabServer.open({ port });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = SENTENCES[code];
    if (why === undefined) throw error;
    throw new Failure(`cannot listen on 127.0.0.1:${port}: ${why}`);
  }
}

/** Runs the command. */
export async function runLab(flags: LabFlags): Promise<void> {
  const signals = new StopSignals();
  const output = flags.json === undefined ? null : openJson(flags.json);
  await using lab = await open(flags.port);
  const { url, port } = lab;
  output?.write({ event: 'listening', url, port, pid: process.pid });
  if (flags.json !== true) {
    stdout.line(url);
    stdout.line(color.dim('the lab is open; Ctrl-C ends it'));
  }
  const opener = flags.open ? browserOpener() : null;
  if (opener !== null) openBrowser(opener, url);
  const signal = await signals.first;
  // Whoever cannot wait for the run to be cleared away: the kernel does it.
  void signals.second.then(() => process.exit());
  await lab.close();
  output?.write({ event: 'stopped', signal });
  output?.close();
}
