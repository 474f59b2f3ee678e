/**
 * Who may speak to the lab.
 *
 * Facts about a server on loopback: every page that a browser has open can send requests to it, and
 * a name that its owner points at 127.0.0.1 makes them look like the page's own (DNS rebinding). The
 * browser keeps answers from strangers unless a header allows it, but it does send the requests.
 *
 * What this means for us: the Host has to be a name of loopback, an Origin has to be this very
 * server, no header ever allows anybody else, and whatever tells or does something needs the token
 * of the address, which no other page knows.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TOKEN_HEADER } from './api.ts';

const TOKEN_BYTES = 16;
const NAMES = ['127.0.0.1', 'localhost', '[::1]'] as const;

/** Why a request is refused. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  /** @param reason one sentence */
  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** 128 bits by chance, as they stand in the address. */
export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Headers of every answer: nothing foreign is loaded, nobody else shows or reads it. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** The values of a header, as often as it was sent. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

/** The value of a header that may come once. */
function oneOf(request: IncomingMessage, name: string): string | undefined {
  const values = valuesOf(request, name);
  if (values.length > 1) throw new Refused(400, `the request has ${values.length} ${name} headers`);
  return values[0];
}

export class Guard {
  readonly #token: Buffer;
  readonly #hosts: ReadonlySet<string>;

  constructor(port: number, token: string) {
    this.#token = Buffer.from(token);
    this.#hosts = new Set(NAMES.map((name) => `${name}:${port}`));
  }

  /** Throws Refused unless the request was made to this server, and by a page of it if by a page. */
  checkOrigin(request: IncomingMessage): void {
    const host = oneOf(request, 'host');
    if (host === undefined || !this.#hosts.has(host)) {
      throw new Refused(403, 'this server is for the machine it runs on: ask it as 127.0.0.1');
    }
    const origin = oneOf(request, 'origin');
    if (origin === undefined && request.method !== 'POST') return;
    if (origin !== `http://${host}`) {
      throw new Refused(403, 'only the page of this server may ask for that');
    }
  }

  /** Throws Refused unless the request carries the token. */
  checkToken(request: IncomingMessage): void {
    const site = oneOf(request, 'sec-fetch-site');
    if (site !== undefined && site !== 'same-origin') {
      throw new Refused(403, 'only the page of this server may ask for that');
    }
    const given = Buffer.from(oneOf(request, TOKEN_HEADER) ?? '');
    if (given.length !== this.#token.length || !timingSafeEqual(given, this.#token)) {
      throw new Refused(
        403,
        'the token is missing or wrong: open the address that polyio lab printed',
      );
    }
  }
}
