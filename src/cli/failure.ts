/** Ending a command with one clear sentence. */
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A failure whose message is already the sentence that the person is to read. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failure) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A call that could not have been meant: exit code 2. */
export function wrongUsage(message: string): Failure {
  return new Failure(message, EXIT.wrongUsage);
}

/** The sentence for whatever was thrown, on one line. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
