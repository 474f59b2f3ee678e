/** Other people's servers, to compare with, where their runtime is installed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Contender, peerContender } from './contender.ts';
import { PYTHON_ECHO } from './peers/python.ts';

const PORT = '{port}';

interface KnownPeer {
  readonly name: string;
  readonly program: string;
  readonly argv: readonly string[];
  readonly about: string;
}

const KNOWN: readonly KnownPeer[] = [
  {
    name: 'bun',
    program: 'bun',
    argv: ['bun', 'run', fileURLToPath(new URL('./peers/bun.js', import.meta.url)), PORT],
    about: 'Bun.listen',
  },
  {
    name: 'deno',
    program: 'deno',
    argv: [
      'deno',
      'run',
      '--quiet',
      '--allow-net',
      fileURLToPath(new URL('./peers/deno.js', import.meta.url)),
      PORT,
    ],
    about: 'Deno.listen',
  },
  {
    name: 'python',
    program: 'python3',
    argv: ['python3', '-c', PYTHON_ECHO, PORT],
    about: "Python's selectors",
  },
];

/** The peers that come with polyio, whether they can run here or not. */
export const PEER_NAMES: readonly string[] = KNOWN.map(({ name }) => name);

/** What a program calls its version, or null when it is not installed. */
function versionOf(program: string): string | null {
  const { error, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) return null;
  const [line = ''] = stdout.trim().split('\n');
  return line.replace(new RegExp(`^${program} `, 'i'), '');
}

/** The peer of a name, or the sentence why it cannot run here. Throws TypeError when there is none. */
export function findPeer(name: string): Contender | string {
  const peer = KNOWN.find((known) => known.name === name);
  if (peer === undefined) {
    throw new TypeError(`unknown peer '${name}'; the peers are ${PEER_NAMES.join(', ')}`);
  }
  const version = versionOf(peer.program);
  if (version === null) return `${peer.program} is not installed`;
  return peerContender(name, peer.argv, `${peer.about}, ${version}`);
}

/**
 * A peer by `NAME=COMMAND`, in which `{port}` stands for the port to listen on. Words may be quoted.
 * Throws TypeError saying what is missing.
 */
export function parsePeer(text: string): Contender {
  const separator = text.indexOf('=');
  const name = text.slice(0, Math.max(0, separator)).trim();
  const command = text.slice(separator + 1).trim();
  if (name === '' || !command.includes(PORT)) {
    throw new TypeError(`a peer is NAME=COMMAND with ${PORT} in the command, got '${text}'`);
  }
  const words = command.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g);
  return peerContender(
    name,
    [...words].map(([word, double, single]) => double ?? single ?? word),
    command,
  );
}
