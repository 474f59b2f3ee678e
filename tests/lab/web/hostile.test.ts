import assert from 'node:assert/strict';
import { LabServer } from '../../../src/lab.ts';
import { test } from '../../harness/test.ts';
import { type Answer, type Asking, ask, requestText, send } from './lab-client.ts';

const RUN = { method: 'POST', path: '/api/run', body: '{"scene":"free"}' };

/** What is refused, with what status, and why. */
type Hostile = readonly [what: string, asking: Asking, status: number, why: RegExp];

const LOOPBACK = /this server is for the machine it runs on/;
const STRANGER = /only the page of this server may ask for that/;
const TOKEN = /the token is missing or wrong/;
const NOTHING = /there is nothing at that address/;

const HOSTILE: readonly Hostile[] = [
  ['a name that is pointed at us', { headers: { Host: 'evil.example' } }, 403, LOOPBACK],
  ['another port', { headers: { Host: '127.0.0.1:1' } }, 403, LOOPBACK],
  ['no port', { headers: { Host: '127.0.0.1' } }, 403, LOOPBACK],
  ['a page file for a stranger', { path: '/', headers: { Host: 'evil.example' } }, 403, LOOPBACK],
  ['a run for another page', { ...RUN, headers: { Origin: 'http://evil.example' } }, 403, STRANGER],
  ['a run for a page of no origin', { ...RUN, headers: { Origin: 'null' } }, 403, STRANGER],
  ['a run without an origin', { ...RUN, headers: { Origin: undefined } }, 403, STRANGER],
  ['what it can, for another page', { headers: { Origin: 'http://localhost' } }, 403, STRANGER],
  ['a page that gives itself away', { headers: { 'Sec-Fetch-Site': 'cross-site' } }, 403, STRANGER],
  ['no token', { headers: { 'X-Polyio-Token': undefined } }, 403, TOKEN],
  ['a run without a token', { ...RUN, headers: { 'X-Polyio-Token': undefined } }, 403, TOKEN],
  ['a guessed token', { headers: { 'X-Polyio-Token': 'A'.repeat(22) } }, 403, TOKEN],
  ['a token of another length', { headers: { 'X-Polyio-Token': 'A' } }, 403, TOKEN],
  ['the token in the query alone', { path: '/api/info?token=x', headers: {} }, 200, /"version"/],
  ['a form of another page', { ...RUN, headers: { 'Content-Type': 'text/plain' } }, 415, /json/],
  ['no kind', { ...RUN, headers: { 'Content-Type': undefined } }, 415, /application\/json/],
  ['half a request', { ...RUN, body: '{"scene":' }, 400, /the request is not JSON/],
  ['nothing', { ...RUN, body: '' }, 400, /the request is not JSON/],
  ['no object', { ...RUN, body: '[1]' }, 400, /a request is an object with a scene/],
  ['no scene', { ...RUN, body: '{"scene":"__proto__"}' }, 400, /there is no scene '__proto__'/],
  ['a field', { ...RUN, body: '{"scene":"free","command":"ls"}' }, 400, /has no 'command'/],
  ['too much', { ...RUN, body: '{"scene":"free","clients":1e9}' }, 400, /from 1 to 64/],
  ['too long', { ...RUN, body: `{"scene":"${'x'.repeat(16_384)}"}` }, 413, /16384 bytes/],
  ['a size without a body', { ...RUN, headers: { 'Content-Length': '1e999' } }, 400, /^$/],
  ['a run by GET', { path: '/api/run' }, 405, /only POST/],
  ['what it can, by POST', { ...RUN, path: '/api/info' }, 405, /only GET/],
  ['a page file by POST', { ...RUN, path: '/' }, 405, /only GET and HEAD/],
  ['a preflight', { method: 'OPTIONS', path: '/api/run' }, 405, /only POST/],
  ['a file outside', { path: '/../package.json' }, 404, NOTHING],
  ['the same, encoded', { path: '/..%2f..%2fpackage.json' }, 404, NOTHING],
  ['the same, backwards', { path: '/..\\..\\package.json' }, 404, NOTHING],
  ['an absolute file', { path: '//etc/passwd' }, 404, NOTHING],
  ['a property', { path: '/constructor' }, 404, NOTHING],
  ['another door', { path: '/api/shell' }, 404, NOTHING],
  ['a proxy', { path: 'http://evil.example/' }, 400, /begins with \//],
];

/** No answer lets a stranger in, and each that is ours says that it may not be embedded. */
function assertClosed({ status, headers, body }: Answer, what: string): void {
  const names = [...headers.keys()].filter((name) => name.startsWith('access-control'));
  assert.deepEqual(names, [], what);
  if (body === '') return;
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'/, what);
  assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, what);
  assert.equal(headers.get('referrer-policy'), 'no-referrer', what);
  if (status === 200) return;
  const { reason } = JSON.parse(body) as { reason: string };
  assert.match(reason, /^[^\n]+$/, what);
}

test('lab: hostile requests are refused with a sentence, and it lives on', async () => {
  await using lab = await LabServer.open();
  for (const [what, asking, status, why] of HOSTILE) {
    const answer = await ask(lab, asking);
    assert.equal(answer.status, status, `${what}: ${answer.body}`);
    assert.match(answer.body, why, what);
    assertClosed(answer, what);
    assert.equal((await ask(lab)).status, 200, `after ${what}`);
  }
});

test('lab: the token counts as a header only, and nothing of it is in the page', async () => {
  await using lab = await LabServer.open();
  const path = `/api/info?token=${lab.token}`;
  assert.equal((await ask(lab, { path, headers: { 'X-Polyio-Token': undefined } })).status, 403);
  const page = await ask(lab, { path: `/?token=${lab.token}`, headers: {} });
  assert.equal(page.status, 200);
  assert.ok(!page.body.includes(lab.token));
  await using other = await LabServer.open();
  assert.notEqual(other.token, lab.token);
  assert.match(lab.token, /^[\w-]{22}$/);
});

test('lab: each name of loopback is right, and an origin must be the same name', async () => {
  await using lab = await LabServer.open();
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    const host = `${name}:${lab.port}`;
    assert.equal((await ask(lab, { headers: { Host: host } })).status, 200);
    const headers = { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' };
    assert.equal((await ask(lab, { headers })).status, 200);
    const secure = { Host: host, Origin: `https://${host}` };
    assert.equal((await ask(lab, { headers: secure })).status, 403);
  }
});

test('lab: requests that are no HTTP, or two in one, are cut', async () => {
  await using lab = await LabServer.open();
  const good = requestText(lab, {});
  const twice = good.replace('\r\n', '\r\nHost: evil.example\r\n');
  const tokens = good.replace('\r\n', `\r\nX-Polyio-Token: ${lab.token}\r\n`);
  const smuggled = requestText(lab, { ...RUN, headers: { 'Transfer-Encoding': 'chunked' } });
  const long = requestText(lab, { headers: { 'X-Long': 'x'.repeat(10_000) } });
  const cases: readonly [string, string, readonly number[]][] = [
    ['two hosts', twice, [400]],
    ['two tokens', tokens, [400]],
    ['no host', good.replace(/Host: .*\r\n/, ''), [400]],
    ['two lengths', smuggled, [400]],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00', [400]],
    ['long headers', long, [431]],
    ['a tunnel', requestText(lab, { method: 'CONNECT', path: 'evil.example:80' }), [0]],
    ['another protocol', requestText(lab, { headers: { Upgrade: 'websocket' } }), [200]],
  ];
  for (const [what, text, statuses] of cases) {
    const { status, body } = await send(lab.port, text);
    assert.ok(statuses.includes(status), `${what}: ${status} ${body}`);
    assert.equal((await ask(lab)).status, 200, `after ${what}`);
  }
});

test(
  'lab: bodies without an end, and such that do not come, are bounded',
  async () => {
    await using lab = await LabServer.open({ requestMs: 300 });
    const open = { ...RUN, body: '', headers: { 'Content-Length': undefined } };
    const chunked = { ...open, headers: { ...open.headers, 'Transfer-Encoding': 'chunked' } };
    const piece = `400\r\n${' '.repeat(1_024)}\r\n`;
    const endless = await send(lab.port, requestText(lab, chunked), () => piece);
    assert.equal(endless.status, 413, endless.body);
    const slow = await send(lab.port, requestText(lab, chunked), () => '1\r\n \r\n');
    assert.ok([408, 413].includes(slow.status), `${slow.status} ${slow.body}`);
    const silent = { ...RUN, headers: { 'Content-Length': '100' } };
    assert.equal((await send(lab.port, requestText(lab, silent))).status, 408);
    const huge = { ...RUN, headers: { 'Content-Length': '999999999999' } };
    assert.equal((await send(lab.port, requestText(lab, huge))).status, 413);
    const half = requestText(lab, RUN).slice(0, 30);
    assert.equal((await send(lab.port, half)).status, 408);
    assert.equal((await ask(lab)).status, 200);
  },
  { limitMs: 60_000 },
);
