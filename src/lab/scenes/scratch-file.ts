/** A file of a scene's own, in the temporary folder, that is gone when the scene is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { File } from '../../io.ts';

const BLOCK = 1_048_576;

/** Dispose it when the parts that use it have ended. */
export class ScratchFile implements Disposable {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'polyio-lab-'));

  constructor() {
    this.path = join(this.#folder, 'scratch');
  }

  /** Fills it with `bytes` and waits until the disk has them, so that the cache may let them go. */
  fill(bytes: number): void {
    using file = File.open(this.path, { write: true, create: true, truncate: true });
    const block = new Uint8Array(BLOCK).fill(0x66);
    for (let done = 0; done < bytes; done += block.length) file.writeAll(block);
    file.fsync();
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Opens it for reading and has the page cache forget it. `isCold` is false when it cannot be told,
 * as for file systems that live in memory.
 */
export function openCold(path: string): { readonly file: File; readonly isCold: boolean } {
  const file = File.open(path);
  // Else the kernel reads ahead, and what comes next is there.
  file.advise('random');
  file.advise('dontneed');
  return { file, isCold: file.wouldSleep(file.size - 1) === true };
}
