// Shows: ICMP echo requests without privileges, and over a raw socket where the kernel refuses that
// Needs: Linux; a group within net.ipv4.ping_group_range, or root
// Run:   node build/examples/ping.js [address] [count]
// Try:   192.0.2.1 (nobody answers), ::1; sysctl -w net.ipv4.ping_group_range="0 2147483647"
import { Socket, SystemError } from 'polyio';

const [, , host = '127.0.0.1', count = '3'] = process.argv;
const family = host.includes(':') ? 'ipv6' : 'ipv4';
const REQUEST = family === 'ipv4' ? 8 : 128;
const ANSWER = family === 'ipv4' ? 0 : 129;
const ID = process.pid & 0xffff;

/** The kernel answers for its users: it writes the identifier and the checksum itself. */
function open(): Socket {
  try {
    return Socket.open(family, 'datagram', { protocol: 'icmp' });
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EACCES') throw error;
    console.log(`not without privileges: ${error.message}`);
    console.log('trying a raw socket, which hears every answer of this machine');
    return Socket.open(family, 'raw', { protocol: 'icmp' });
  }
}

function requestFor(sequence: number): Buffer {
  const packet = Buffer.from([REQUEST, 0, 0, 0, ID >> 8, ID & 0xff, sequence >> 8, sequence]);
  let sum = 0;
  for (let at = 0; at < packet.length; at += 2) sum += packet.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  // Of ICMPv6 the kernel always makes the checksum.
  if (family === 'ipv4') packet.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 2);
  return packet;
}

using socket = open();
// A raw socket of IPv4 gets the IP header too; its length is in its first byte, in words.
const headerOf = (packet: Buffer) =>
  socket.type === 'raw' && family === 'ipv4' ? (packet.readUInt8(0) & 15) * 4 : 0;
socket.setTimeout(1_000);
console.log(`pinging ${host} over a ${family} ${socket.type} socket`);

const packet = Buffer.alloc(1_500);
for (let sequence = 1; sequence <= Number(count); sequence++) {
  const started = performance.now();
  socket.sendTo(requestFor(sequence), { host, port: 0 });
  try {
    for (;;) {
      const { bytes } = socket.recvFrom(packet);
      const start = headerOf(packet);
      if (packet.readUInt8(start) !== ANSWER || packet.readUInt16BE(start + 6) !== sequence)
        continue;
      const ms = (performance.now() - started).toFixed(3);
      console.log(`${bytes - start} bytes from ${host}: sequence ${sequence}, ${ms} ms`);
      break;
    }
  } catch (error) {
    if ((error as SystemError).code !== 'ETIMEDOUT') throw error;
    console.log(`no answer from ${host} within 1 s: sequence ${sequence}`);
  }
}
