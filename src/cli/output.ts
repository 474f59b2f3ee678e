/**
 * The standard streams. Whoever read them may have gone (`polyio serve | head -1`) or may not read
 * for a while: a server outlives both, so printing never throws, and what repeats is left out
 * while the reader has not taken what came before.
 */
import pc from 'picocolors';
import { SyncStream } from '../sys/sync-stream.ts';

const FULL_BYTES = 65_536;
const FLUSH_MS = 1_000;

export class Output {
  readonly #stream: NodeJS.WriteStream;
  #isBroken = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', () => {
      this.#isBroken = true;
    });
  }

  write(text: string): void {
    if (!this.#isBroken) this.#stream.write(text);
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Whether the reader is so far behind that nothing more should be piled up for it. */
  get isFull(): boolean {
    return this.#isBroken || this.#stream.writableLength > FULL_BYTES;
  }

  /** Whether one line can be drawn over and over. */
  get isScreen(): boolean {
    return this.#stream.isTTY === true && process.env['TERM'] !== 'dumb';
  }

  /** How many characters fit on a line. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** Waits until all is handed over, but not for a reader that does not read. */
  flush(): Promise<void> {
    if (this.#isBroken || this.#stream.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS);
      this.#stream.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Node's own stream, or one that writes at once where Node cannot open what it was started with. */
function standardStream(name: 'stdout' | 'stderr', fd: number): NodeJS.WriteStream {
  try {
    return process[name];
  } catch {
    return new SyncStream(fd) as unknown as NodeJS.WriteStream;
  }
}

const standardOutput = standardStream('stdout', 1);
export const stdout = new Output(standardOutput);
export const stderr = new Output(standardStream('stderr', 2));

const wantsColor = pc.isColorSupported && (standardOutput.isTTY || 'FORCE_COLOR' in process.env);

/** Colours for standard output: none when it is no terminal, or when NO_COLOR is set. */
export const color = pc.createColors(wantsColor);

/** One sentence on standard error. */
export function complain(sentence: string): void {
  stderr.line(`polyio: ${sentence}`);
}
