/** Programs run in processes of their own, killed when they do not end in time. */
import { spawn } from 'node:child_process';
import { PATIENCE } from './emulator.ts';

export interface Ended {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface ChildOptions {
  /** After this the child is killed and the promise rejects. @default 15000 */
  readonly limitMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called once with the running child's standard output so far, each time that it grows. */
  readonly onOutput?: (stdout: string, pid: number) => void;
}

/** Runs a command to its end. */
export function runCommand(
  command: string,
  args: readonly string[],
  { limitMs = 15_000, env = {}, cwd, onOutput }: ChildOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    let stdout = '';
    let stderr = '';
    const patientMs = limitMs * PATIENCE;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const shown = [command, ...args].join(' ').slice(0, 200);
      reject(new Error(`${shown} did not end within ${patientMs} ms\n${stdout}${stderr}`));
    }, patientMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, child.pid ?? 0);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr, elapsedMs: performance.now() - started });
    });
  });
}

/** Runs ECMAScript source text in a Node of its own; `import` there resolves from `base`. */
export function runSource(
  source: string,
  options: ChildOptions & { readonly nodeArgs?: readonly string[] } = {},
): Promise<Ended> {
  const args = [...(options.nodeArgs ?? []), '--input-type=module', '--eval', source];
  return runCommand(process.execPath, args, options);
}
