/**
 * Numbers and layouts of <sys/event.h>, which every BSD and macOS have in a form of their own. A
 * test compares them with tables that were made from those systems' headers.
 *
 * On a system that has no kqueue the environment may name a form, for a double of the two calls
 * that was put in their place: POLYIO_KEVENT_ABI=darwin, freebsd or netbsd.
 */
import type { Unsupported } from '../../errors.ts';
import { HOST } from '../../platform/host.ts';
import type { Layout } from '../posix/abi.ts';

/** The systems whose form is known, by Node's names. All of them on 64-bit machines. */
export type KeventSystem = 'darwin' | 'freebsd' | 'openbsd' | 'netbsd';

/** What the systems agree on. */
export const EV = {
  EV_ADD: 0x1,
  EV_DELETE: 0x2,
  EV_ENABLE: 0x4,
  EV_DISABLE: 0x8,
  EV_ONESHOT: 0x10,
  EV_CLEAR: 0x20,
  EV_RECEIPT: 0x40,
  EV_DISPATCH: 0x80,
  EV_ERROR: 0x4000,
  EV_EOF: 0x8000,
} as const;

/** Filters: what a registration is about. `null` where the system has none. */
export interface KeventFilters {
  readonly EVFILT_READ: number;
  readonly EVFILT_WRITE: number;
  readonly EVFILT_TIMER: number;
  readonly EVFILT_USER: number | null;
  readonly EVFILT_EXCEPT: number | null;
}

/** What `fflags` says to a filter, or is told by it. `null` where the system has none. */
export interface KeventNotes {
  readonly NOTE_TRIGGER: number | null;
  readonly NOTE_FFCOPY: number | null;
  /** <sys/event.h>: of EVFILT_EXCEPT, urgent data. */
  readonly NOTE_OOB: number | null;
  /** Of EVFILT_TIMER: the time is in milliseconds, 0 where that goes without saying. */
  readonly NOTE_MSECONDS: number;
  /** Of EVFILT_TIMER: a time of the calendar clock; macOS calls it NOTE_ABSOLUTE. */
  readonly NOTE_ABSTIME: number | null;
}

/** One system's form of kevent(2). */
export interface KeventAbi {
  /** The symbol of the call in the C library. */
  readonly symbol: string;
  /** The C type of the two counts among its parameters. */
  readonly count: 'int' | 'size';
  readonly layout: Layout;
  readonly filters: KeventFilters;
  readonly notes: KeventNotes;
}

const KEVENT = {
  type: 'struct kevent',
  header: 'sys/event.h',
  size: 32,
  fields: {
    ident: [0, 8],
    filter: [8, 2],
    flags: [10, 2],
    fflags: [12, 4],
    data: [16, 8],
    udata: [24, 8],
  },
} as const satisfies Layout;

const KEVENT_FREEBSD = {
  ...KEVENT,
  size: 64,
  fields: { ...KEVENT.fields, ext: [32, 32] },
} as const satisfies Layout;

/** The form of `__kevent50`, which NetBSD 10 still has beside its own. */
const KEVENT_NETBSD = {
  ...KEVENT,
  size: 40,
  fields: {
    ident: [0, 8],
    filter: [8, 4],
    flags: [12, 4],
    fflags: [16, 4],
    data: [24, 8],
    udata: [32, 8],
  },
} as const satisfies Layout;

const NOTE_TRIGGER = 0x01000000;
const NOTE_FFCOPY = 0xc0000000 | 0;

export const KEVENT_ABIS: Readonly<Record<KeventSystem, KeventAbi>> = {
  darwin: {
    symbol: 'kevent',
    count: 'int',
    layout: KEVENT,
    filters: {
      EVFILT_READ: -1,
      EVFILT_WRITE: -2,
      EVFILT_TIMER: -7,
      EVFILT_USER: -10,
      EVFILT_EXCEPT: -15,
    },
    notes: { NOTE_TRIGGER, NOTE_FFCOPY, NOTE_OOB: 0x2, NOTE_MSECONDS: 0, NOTE_ABSTIME: 0x8 },
  },
  freebsd: {
    symbol: 'kevent',
    count: 'int',
    layout: KEVENT_FREEBSD,
    filters: {
      EVFILT_READ: -1,
      EVFILT_WRITE: -2,
      EVFILT_TIMER: -7,
      EVFILT_USER: -11,
      EVFILT_EXCEPT: null,
    },
    notes: { NOTE_TRIGGER, NOTE_FFCOPY, NOTE_OOB: null, NOTE_MSECONDS: 0x2, NOTE_ABSTIME: 0x10 },
  },
  openbsd: {
    symbol: 'kevent',
    count: 'int',
    layout: KEVENT,
    filters: {
      EVFILT_READ: -1,
      EVFILT_WRITE: -2,
      EVFILT_TIMER: -7,
      EVFILT_USER: null,
      EVFILT_EXCEPT: -9,
    },
    notes: {
      NOTE_TRIGGER: null,
      NOTE_FFCOPY: null,
      NOTE_OOB: 0x4,
      NOTE_MSECONDS: 0,
      NOTE_ABSTIME: null,
    },
  },
  netbsd: {
    symbol: '__kevent50',
    count: 'size',
    layout: KEVENT_NETBSD,
    filters: {
      EVFILT_READ: 0,
      EVFILT_WRITE: 1,
      EVFILT_TIMER: 6,
      EVFILT_USER: 8,
      EVFILT_EXCEPT: null,
    },
    notes: { NOTE_TRIGGER, NOTE_FFCOPY, NOTE_OOB: null, NOTE_MSECONDS: 0, NOTE_ABSTIME: 0x10 },
  },
};

function isKeventSystem(name: string | undefined): name is KeventSystem {
  return name !== undefined && name in KEVENT_ABIS;
}

const named = process.env['POLYIO_KEVENT_ABI'];
const system: KeventSystem | null = isKeventSystem(HOST)
  ? HOST
  : isKeventSystem(named)
    ? named
    : null;

/** The form that is spoken here; that of macOS, which nobody uses, where there is none. */
export const KEVENT_ABI: KeventAbi = KEVENT_ABIS[system ?? 'darwin'];

/** The system whose form that is, or null. */
export const KEVENT_SYSTEM: KeventSystem | null = system;

/** Why there is no kqueue on this host, or null. */
export function kqueueMissing(): Unsupported | null {
  if (system !== null) return null;
  return {
    model: 'kqueue',
    reason: `it is the kernel interface of macOS and the BSDs, and this is ${HOST}`,
    remedy: 'use another model (polyio doctor lists them)',
  };
}
