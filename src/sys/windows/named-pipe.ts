/**
 * <namedpipeapi.h>: the server's side of a named pipe. Each instance serves one client; a client
 * opens the pipe's path as a file.
 */
import { type Native, resolve, settle, settleTruth } from '../ffi.ts';
import { ERRNO } from './abi.ts';
import { FILE, NAMED_PIPE } from './completion-abi.ts';
import { KERNEL32 } from './libraries.ts';
import { NOW, started } from './overlapped.ts';

const BUFFER_BYTES = 65_536;

let createNative: Native | undefined;
let connectNative: Native | undefined;

/**
 * Makes an instance of the pipe `path` (`\\.\pipe\…`) for a stream of bytes both ways, of clients on
 * this machine only: a handle, or the negative error number.
 */
export function createPipe(path: string): number {
  createNative ??= resolve(
    'CreateNamedPipeW',
    'ssize',
    ['wide', 'uint', 'uint', 'uint', 'uint', 'uint', 'uint', 'address'],
    KERNEL32,
  );
  const mode = NAMED_PIPE.PIPE_TYPE_BYTE | NAMED_PIPE.PIPE_REJECT_REMOTE_CLIENTS;
  const access = NAMED_PIPE.PIPE_ACCESS_DUPLEX | FILE.FILE_FLAG_OVERLAPPED;
  const count = NAMED_PIPE.PIPE_UNLIMITED_INSTANCES;
  return settle(createNative(path, access, mode, count, BUFFER_BYTES, BUFFER_BYTES, 0, 0));
}

/** ConnectNamedPipe: waits for a client. NOW, PENDING, or the negative error number. */
export function startConnectPipe(handle: number, overlapped: number): number {
  connectNative ??= resolve('ConnectNamedPipe', 'int', ['fd', 'address'], KERNEL32);
  const answer = settleTruth(connectNative(handle, overlapped));
  // A client came before it was waited for: that is no failure.
  return answer === -ERRNO.EISCONN ? NOW : started(answer);
}
