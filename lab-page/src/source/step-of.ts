/** Which step of a server's program an event of its trace belongs to. */
import type { EventKind } from '../../../src/trace.ts';
import type { Deed, ProgramStep, ServerProgram } from './read-program.ts';

/** What is to be known of an event, and whether the protocol's callback was running. */
export interface Happening {
  readonly kind: EventKind;
  readonly name: string;
  /** A call that the callback made belongs to the step that ran the callback. */
  readonly isInCallback?: boolean;
}

/** A name may come out of a file that anybody wrote, so these are no properties. */
const DEEDS: ReadonlyMap<string, Deed> = new Map(
  Object.entries({
    accept: 'accept',
    accept4: 'accept',
    files_update: 'accept',
    getpeername: 'accept',
    open: 'accept',
    data: 'receive',
    recv: 'receive',
    recvfrom: 'receive',
    read: 'receive',
    send: 'send',
    drain: 'send',
    close: 'close',
    shutdown: 'close',
    epoll_wait: 'wait',
    io_uring_enter: 'wait',
    kevent: 'wait',
    poll: 'wait',
    select: 'wait',
    sigtimedwait: 'wait',
    WSAPoll: 'wait',
    GetQueuedCompletionStatusEx: 'wait',
    epoll_create1: 'begin',
    io_uring_setup: 'begin',
    kqueue: 'begin',
    signalfd: 'begin',
  } as const),
);

/** What a step is also called when the program has no step of its own for it. */
const ELSE: Readonly<Partial<Record<Deed, Deed>>> = { send: 'receive', begin: 'wait' };

function deedOf({ kind, name, isInCallback = false }: Happening): Deed | undefined {
  if (kind === 'client') return undefined;
  // An operation is written down in the step that asks for it: a send where bytes have come.
  if (kind === 'submission') return name === 'accept' ? 'begin' : 'receive';
  if (kind === 'probe' || (isInCallback && name === 'send')) return 'receive';
  return DEEDS.get(name);
}

/** The step, or undefined for what no step of the program does: setting up, counting, stopping. */
export function stepOf(program: ServerProgram, happening: Happening): ProgramStep | undefined {
  const deed = deedOf(happening);
  if (deed === undefined) return undefined;
  const find = (wanted: Deed | undefined): ProgramStep | undefined =>
    program.steps.find(({ deeds }) => wanted !== undefined && deeds.includes(wanted));
  return find(deed) ?? find(ELSE[deed]);
}
