/** Our tables of another system beside those that were made from its headers. */
import * as linux from '../../src/sys/posix/abi/linux.ts';
import type { Layout, Listed } from '../../src/sys/posix/abi/shape.ts';
import type { ForeignSystem, HeaderTable } from './header-tables.ts';

export type OurTables = Listed<typeof linux>;
type AnyTable = Readonly<Record<string, unknown>>;

/** Names that the headers of these systems have for what Linux calls otherwise. */
const RENAMED: Partial<Record<string, string>> = {
  IPV6_ADD_MEMBERSHIP: 'IPV6_JOIN_GROUP',
  IPV6_DROP_MEMBERSHIP: 'IPV6_LEAVE_GROUP',
  'darwin TCP_KEEPIDLE': 'TCP_KEEPALIVE',
  'darwin _ALIGNBYTES': '__DARWIN_ALIGNBYTES32',
};

/** What the headers have and our tables leave out, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'darwin MSG_NOSIGNAL': 'only newer kernels heed it; SO_NOSIGPIPE works in all of them',
  'darwin IP_MSFILTER': 'its structure is another one than the one that this option takes on Linux',
  'freebsd IP_MSFILTER':
    'its structure is another one than the one that this option takes on Linux',
};

/** What neither project has, with what our value rests on. */
export const UNPROVEN: Readonly<Record<string, string>> = {
  'darwin struct group_req': 'neither project has it; <netinet/in.h> packs it to 4 bytes',
  'darwin struct group_source_req': 'neither project has it; <netinet/in.h> packs it to 4 bytes',
  'freebsd struct group_req': 'neither project has it; the form of RFC 3678',
  'freebsd struct group_source_req': 'neither project has it; the form of RFC 3678',
};

/** The name that golang.org/x/sys gives a structure. */
const GO_STRUCTS: Readonly<Record<string, string>> = {
  'struct sockaddr_in': 'RawSockaddrInet4',
  'struct sockaddr_in6': 'RawSockaddrInet6',
  'struct sockaddr_un': 'RawSockaddrUnix',
  'struct pollfd': 'PollFd',
  fd_set: 'FdSet',
  'struct timeval': 'Timeval',
  'struct timespec': 'Timespec',
  'struct linger': 'Linger',
  'struct iovec': 'Iovec',
  'struct msghdr': 'Msghdr',
  'struct cmsghdr': 'Cmsghdr',
  'struct rlimit': 'Rlimit',
  'struct ip_mreqn': 'IPMreqn',
  'struct ipv6_mreq': 'IPv6Mreq',
  'struct in_pktinfo': 'Inet4Pktinfo',
  'struct in6_pktinfo': 'Inet6Pktinfo',
};

/** Fields that the crate libc calls otherwise. */
const RUST_FIELDS: Readonly<Record<string, string>> = { sa_handler: 'sa_sigaction' };

function isLayout(table: unknown): table is Layout {
  return typeof table === 'object' && table !== null && 'fields' in table;
}

/** `sin6_scope_id` is `Scope_id` in Go: without what all fields of the structure begin with. */
function fieldName(source: HeaderTable['source'], field: string): string {
  if (source === 'rust') return RUST_FIELDS[field] ?? field;
  const bare = field.replace(/^[a-z]+\d*[a-z]*_/, '');
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

function compareLayout(
  system: ForeignSystem,
  { type, size, fields }: Layout,
  headers: readonly HeaderTable[],
): string[] {
  const complaints: string[] = [];
  let seen = 0;
  for (const { source, layout } of headers) {
    const name = source === 'go' ? GO_STRUCTS[type] : type.replace('struct ', '');
    const theirs = name === undefined ? undefined : layout(name);
    if (theirs === undefined) continue;
    seen++;
    if (theirs.size !== size) complaints.push(`${type} has ${theirs.size} bytes in ${source}`);
    for (const [field, place] of Object.entries(fields)) {
      const other = theirs.fields[fieldName(source, field)];
      if (String(other) !== String(place)) {
        complaints.push(`${type}.${field} is ${place}, in ${source} ${other}`);
      }
    }
  }
  const isProven = seen > 0 || UNPROVEN[`${system} ${type}`] !== undefined;
  return isProven ? complaints : [`${type} is in neither project`];
}

function compareNumbers(
  system: ForeignSystem,
  names: readonly string[],
  ours: AnyTable,
  headers: readonly HeaderTable[],
): string[] {
  return names.flatMap((name) => {
    const ourNumber = ours[name];
    const asked = RENAMED[`${system} ${name}`] ?? RENAMED[name] ?? name;
    const theirs = headers.flatMap(({ number, source }) => {
      const found = number(asked);
      return found === undefined ? [] : [{ source, found: Number(found) }];
    });
    const id = `${system} ${name}`;
    if (ourNumber === undefined) {
      if (theirs.length === 0 || LEFT_OUT[id] !== undefined) return [];
      return [`${name} is not listed, and ${theirs[0]?.source} has ${theirs[0]?.found}`];
    }
    if (theirs.length === 0 && UNPROVEN[id] === undefined) return [`${name} is in neither project`];
    return theirs
      .filter(({ found }) => found !== ourNumber)
      .map(({ source, found }) => `${name} is ${ourNumber}, in ${source} ${found}`);
  });
}

/** Tables whose numbers no header shows: nothing of them is listed for another system. */
const NOT_ASKED: readonly string[] = ['CONSTANTS', 'LAYOUTS', 'PTHREAD'];

/** One sentence for each number and place that the headers contradict, or do not know. */
export function compareTables(
  system: ForeignSystem,
  ours: OurTables,
  headers: readonly HeaderTable[],
): string[] {
  return Object.entries(linux).flatMap(([name, table]) => {
    if (NOT_ASKED.includes(name)) return [];
    const listed = (ours as AnyTable)[name];
    if (!isLayout(table)) {
      return compareNumbers(system, Object.keys(table), (listed ?? {}) as AnyTable, headers);
    }
    return isLayout(listed) ? compareLayout(system, listed, headers) : [];
  });
}
