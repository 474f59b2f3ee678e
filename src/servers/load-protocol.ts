/** Loading the module of a protocol in the thread that will run it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { PolyioError } from '../errors.ts';
import type { Protocol } from './protocol.ts';

const CALLBACKS = ['open', 'data', 'drain', 'timeout', 'end', 'close', 'drop'] as const;

function nameOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

/** The line of `file` in which a module's own code threw. */
function lineOfThrow(file: string, stack = ''): string | undefined {
  const at = stack.indexOf(`${file}:`);
  return at < 0 ? undefined : /^\d+/.exec(stack.slice(at + file.length + 1))?.[0];
}

/**
 * The line of a syntax error. V8 tells it only to whoever prints an uncaught error, so another
 * Node has to print it; when the mistake is in a module that this one imports, that finds none.
 */
function lineOfSyntaxError(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  return lineOfThrow(file, stderr);
}

/** What to say about a module that did not load: the one line that helps. */
function explain(url: string, error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const file = nameOf(url);
  const { code, message, stack, name } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' && message.startsWith(`Cannot find module '${file}'`)) {
    return 'there is no such file';
  }
  if (code === 'EACCES' && message.includes(`'${file}'`)) {
    return 'you may not read it; chmod +r gives everybody that right';
  }
  if (code === 'ERR_UNSUPPORTED_DIR_IMPORT') return 'it is a directory, not a file';
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(url)) {
    return `Node ${process.version} does not run TypeScript; compile it to .js, or use Node 22.18 or later`;
  }
  const isSyntax = error instanceof SyntaxError;
  const line = lineOfThrow(file, stack) ?? (isSyntax ? lineOfSyntaxError(file) : undefined);
  return `${name}: ${message}${line === undefined ? '' : ` (line ${line})`}`;
}

function refuse(url: string, why: string, cause?: unknown): never {
  const options = cause === undefined ? {} : { cause };
  throw new PolyioError('ERR_POLYIO_PROTOCOL', `protocol ${nameOf(url)}: ${why}`, options);
}

/** Checks that `value` can serve as a protocol; `source` names it in the error. */
export function checkProtocol(value: unknown, source: string): Protocol {
  if (typeof value !== 'object' || value === null) {
    return refuse(source, 'its default export must be an object with a data callback');
  }
  const candidate = value as Record<string, unknown>;
  for (const name of CALLBACKS) {
    const callback = candidate[name];
    if (callback === undefined && name !== 'data') continue;
    if (typeof callback !== 'function') {
      refuse(source, `${name} must be a function, got ${inspect(callback)}`);
    }
  }
  return value as Protocol;
}

/** Imports a module and checks its default export. Throws PolyioError (ERR_POLYIO_PROTOCOL) in one sentence. */
export async function loadProtocol(url: string): Promise<Protocol> {
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    return refuse(url, explain(url, error), error);
  }
  return checkProtocol(module.default, url);
}
