/** Objects that arrive one a line, in pieces that end anywhere. */

/** A line may be as long as the largest record. */
const LINE_MAX = 268_435_456;

export class LineReader {
  #rest = '';

  /** The lines that are whole with this piece. Throws RangeError for one that has no end. */
  take(piece: string): readonly string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_MAX) {
      throw new RangeError(`a line is longer than ${LINE_MAX} characters`);
    }
    return lines.filter((line) => line.trim() !== '');
  }

  /** What is left at the end: a last line without its end. */
  end(): readonly string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest.trim() === '' ? [] : [rest];
  }
}
