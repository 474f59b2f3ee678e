import { SOCKETS_MAX } from './socket-table.ts';
import { startWinsock } from './winsock.ts';

/**
 * How many sockets this process may hold open: the system has no limit that one could ask for.
 * Throws UnsupportedError where there is no Winsock to open them with.
 */
export function descriptorLimit(): number {
  startWinsock();
  return SOCKETS_MAX;
}
