/**
 * The one language in which the kernel tap, the recorder and whoever replays a run speak.
 *
 * All times are nanoseconds on the kernel's monotonic clock, counted from the origin of the trace.
 */

/** What an event is about. The numbers lie in the ring and never change. */
export const KIND = {
  /** A call of the program into the kernel: one system call. */
  call: 1,
  /** A call that only the recorder makes, to measure something: not the program's, not counted. */
  probe: 2,
  /** An operation that the program has written down for a ring: no system call. */
  submission: 3,
  /** What the kernel reported of such an operation: no system call either. */
  completion: 4,
  /** A callback of the protocol: the user's own code. */
  callback: 5,
  /** What a scripted client did. */
  client: 6,
} as const;

export type EventKind = keyof typeof KIND;

/** How the instant was found at which the bytes of a receive reached the kernel. */
export const METHOD = {
  /** It was not. */
  none: 0,
  /** The kernel wrote it down itself, as the packet came in (SO_TIMESTAMPNS). */
  'kernel-stamp': 1,
  /** poll(2) slept until there was something to read: the instant at which it returned. */
  'readiness-probe': 2,
  /** The instant at which the sender's call returned: the kernel had the bytes by then. */
  sender: 3,
} as const;

export type Method = keyof typeof METHOD;

/** One thing that happened. */
export interface TraceEvent {
  readonly kind: EventKind;
  /** Which of the trace's writers saw it. */
  readonly writer: number;
  /** The call by its manual page (`recv`, `epoll_wait`), the operation, the callback, the act. */
  readonly name: string;
  /** The descriptor that it is about, -1 for none. */
  readonly fd: number;
  readonly start: number;
  readonly end: number;
  /** What was answered: bytes, a descriptor, a count; a negative error number for a failure. */
  readonly result: number;
  /** The error number, 0 for none. */
  readonly errno: number;
  /** 1; more when would-blocks in a row were folded into one event for want of room. */
  readonly times: number;
  /** When the bytes of a receive reached the kernel; null when that is not known. */
  readonly arrival: number | null;
  readonly measured: Method;
  /** The client's port for callbacks and clients, the operation's token for rings, else 0. */
  readonly about: number;
}

function namesOf<Name extends string>(numbers: Readonly<Record<Name, number>>): readonly Name[] {
  const names: Name[] = [];
  for (const name of Object.keys(numbers) as Name[]) names[numbers[name]] = name;
  return names;
}

/** The kinds by their numbers. */
export const KINDS = namesOf(KIND);

/** The methods by their numbers. */
export const METHODS = namesOf(METHOD);
