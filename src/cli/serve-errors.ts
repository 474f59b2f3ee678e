/** Why a server did not start, as a sentence that says what to do. */
import { Failure, sentenceOf } from './failure.ts';

const PRIVILEGED_BELOW = 1024;

type Explain = (host: string, port: number) => string;

const SENTENCES: Readonly<Record<string, Explain>> = {
  EADDRINUSE: (host, port) =>
    `port ${port} on ${host} is in use; choose another with --port, or --port 0 for a free one`,
  EACCES: (host, port) =>
    port < PRIVILEGED_BELOW
      ? `port ${port} needs the right to listen below ${PRIVILEGED_BELOW} (root or CAP_NET_BIND_SERVICE); choose a --port from ${PRIVILEGED_BELOW} on`
      : `you may not listen on ${host} port ${port}; ask whoever runs this machine, or choose another --port`,
  EADDRNOTAVAIL: (host) =>
    `${host} is not an address of this machine; use --host 127.0.0.1 for programs here alone, or --host 0.0.0.0 for all its addresses`,
  EAFNOSUPPORT: (host) =>
    `this machine does not speak the protocol of the address ${host}; use --host 127.0.0.1`,
  ENOTFOUND: (host) =>
    `nobody knows the host name ${host}; give --host a name or an address of this machine, 127.0.0.1 for example`,
  EAI_AGAIN: (host) =>
    `the host name ${host} cannot be looked up now; give --host an address, 127.0.0.1 for example`,
  ERR_WORKER_INIT_FAILED: () =>
    'the system has too few descriptors or threads left for the workers; take fewer with --workers, or raise the limit (ulimit -n)',
};

type ExplainPath = (path: string) => string;

const PATH_SENTENCES: Readonly<Record<string, ExplainPath>> = {
  EACCES: (path) => `you may not make the socket ${path}; choose another folder with --path`,
  EPERM: (path) => `you may not make the socket ${path}; choose another folder with --path`,
  ENOENT: (path) => `the folder of ${path} does not exist; make it, or choose another --path`,
  ENOTDIR: (path) => `a part of ${path} is not a directory; choose another --path`,
  EROFS: (path) => `the file system of ${path} is read-only; choose another --path`,
};

/** Turns what `serve()` threw into the sentence for it; what explains itself stays as it is. */
export function explainStart(
  error: unknown,
  { host, port, path }: { readonly host: string; readonly port: number; readonly path?: string },
): Failure {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (path !== undefined) {
    const explainPath = PATH_SENTENCES[code];
    // Why a file is in the way is in the error itself.
    return new Failure(explainPath === undefined ? sentenceOf(error) : explainPath(path));
  }
  const explain = SENTENCES[code];
  return new Failure(explain === undefined ? sentenceOf(error) : explain(host, port));
}
