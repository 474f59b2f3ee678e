// Shows: what a service tells systemd and its journal, as datagrams to Unix sockets
// Needs: nothing: it brings the listening ends; under systemd (Type=notify) it uses the real one
// Run:   node build/examples/service-notification.js
// Try:   systemd-run --user --wait -p Type=notify node build/examples/service-notification.js

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenFds, notify, Socket, watchdogInterval } from 'polyio';

const folder = mkdtempSync(join(tmpdir(), 'polyio-service-'));
const buffer = Buffer.alloc(8_192);

function listenAt(path: string): Socket {
  const socket = Socket.open('unix', 'datagram');
  socket.bind({ path });
  return socket;
}

/** One entry of the journal, in its native form: a field a line. */
function log(path: string, priority: number, message: string): void {
  using socket = Socket.open('unix', 'datagram');
  socket.connect({ path });
  const fields = [`PRIORITY=${priority}`, 'SYSLOG_IDENTIFIER=polyio', `MESSAGE=${message}`];
  socket.send(Buffer.from(`${fields.join('\n')}\n`));
}

function show(name: string, socket: Socket): void {
  socket.setBlocking(false);
  for (let size = socket.tryRecv(buffer); size !== null; size = socket.tryRecv(buffer)) {
    console.log(`${name} got ${JSON.stringify(buffer.toString('utf8', 0, size).split('\n'))}`);
  }
}

const hasManager = Boolean(process.env['NOTIFY_SOCKET']);
const [managerPath, journalPath] = [join(folder, 'notify'), join(folder, 'journal')];
using manager = listenAt(managerPath);
using journal = listenAt(journalPath);
if (!hasManager) process.env['NOTIFY_SOCKET'] = managerPath;

console.log(`sockets passed by systemd: ${JSON.stringify(listenFds())}`);
console.log(`watchdog interval: ${watchdogInterval() ?? 'none'}`);
console.log(`told: ${notify({ ready: true, status: 'serving', mainPid: process.pid })}`);
log(journalPath, 6, 'ready to serve');
notify({ watchdog: true });
notify({ stopping: true, status: 'done' });
show('manager', manager);
show('journal', journal);
rmSync(folder, { recursive: true });
