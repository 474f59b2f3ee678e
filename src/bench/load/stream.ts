/** One connection of a load: where it stands in the pattern, and what is under way on it. */

/** The life of a stream. */
export const STREAM = {
  /** Not there (any more), or not yet. */
  closed: 0,
  connecting: 1,
  open: 2,
  /** It has said goodbye, and waits for the server's. */
  leaving: 3,
} as const;

export class Stream {
  /** Its number, from 0 on. */
  readonly slot: number;
  /** When each message under way was due: a ring with a place for every one that may be. */
  readonly starts: Float64Array;
  /** UDP: which of them have been answered out of turn. */
  readonly answered: Uint8Array;
  fd = -1;
  /** Counts its connections, so that a completion of the last one is not taken for one of this one. */
  generation = 0;
  state: number = STREAM.closed;
  /** Its time: of the call of connect, or when to try again. */
  since = 0;
  /** Where in the pattern the next byte to send stands, and the next to come back. */
  sendPlace: number;
  receivePlace: number;
  /** Bytes that are due and that the kernel does not have yet. */
  unsent = 0;
  /** Bytes that the kernel has and that have not come back. */
  outstanding = 0;
  /** A send is under way: nothing may pass it. */
  isSending = false;
  /** Bytes of the oldest message that have come back. */
  partial = 0;
  /** The place of the oldest message in `starts`, and how many are under way. */
  head = 0;
  waiting = 0;
  /** With a rate: messages that are due and wait for their turn, and the number of the next one. */
  due = 0;
  nextDue = 0;
  /** Messages that were begun on this connection. */
  begun = 0;
  /** Messages that came back: of this connection, of all, and in the measured time. */
  messages = 0;
  total = 0;
  counted = 0;

  constructor(slot: number, pipeline: number, place: number) {
    this.slot = slot;
    this.starts = new Float64Array(pipeline);
    this.answered = new Uint8Array(pipeline);
    this.sendPlace = place;
    this.receivePlace = place;
  }

  /** A new connection begins where the last one ended in the pattern, with nothing under way. */
  reset(): void {
    this.generation++;
    this.receivePlace = this.sendPlace;
    this.unsent = 0;
    this.outstanding = 0;
    this.isSending = false;
    this.partial = 0;
    this.head = 0;
    this.waiting = 0;
    this.begun = 0;
    this.messages = 0;
    this.answered.fill(0);
  }
}
