/** A compiled example as a child process: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../cli/polyio-process.ts';
import { type Ended, runCommand } from '../harness/child.ts';

function scriptOf(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url));
}

/** Runs an example that ends by itself; it must end well and complain of nothing. */
export async function runExample(name: string, args: readonly string[] = []): Promise<string> {
  const ended: Ended = await runCommand(process.execPath, [scriptOf(name), ...args]);
  assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`);
  assert.equal(ended.stderr, '');
  return ended.stdout;
}

/** An example that serves until it is stopped; killed at the end of the block that holds it. */
export class ExampleProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(name: string, args: readonly string[]) {
    const child = spawn(process.execPath, [scriptOf(name), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child = child;
    this.#ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  }

  /** Waits until it has printed this; the first group is given back, or all of it. */
  async prints(pattern: RegExp): Promise<string> {
    const found = await until(
      `${pattern} in\n${this.stdout}${this.stderr}`,
      () => pattern.exec(this.stdout) ?? undefined,
    );
    return found[1] ?? found[0];
  }

  /** Waits until it says where it listens. */
  async port(): Promise<number> {
    return Number(await this.prints(/listening on 127\.0\.0\.1:(\d+)/));
  }

  /** Stops it: the exit code, or the signal that it died of. */
  async stop(signal: NodeJS.Signals): Promise<unknown> {
    this.#child.kill(signal);
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
