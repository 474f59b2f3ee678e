import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  type InternetAddress,
  type Link,
  type MembershipOptions,
  Netlink,
  Socket,
  socketPair,
} from '../../src/io.ts';
import { test } from '../harness/test.ts';

interface Side {
  readonly family: 'ipv4' | 'ipv6';
  readonly group: string;
  readonly any: string;
  /** The sender's own address, and one that nobody sends from. */
  readonly here: string;
  readonly other: string;
  /** The interface by index, as it is named everywhere below. */
  readonly device: number;
  /** Why the tests of this family cannot run here. */
  readonly missing: string | false;
}

/** No route leads IPv6 groups over the loopback interface: another one is needed. */
function findIpv6(): Pick<Side, 'device' | 'here' | 'missing'> {
  using netlink = Netlink.open();
  const isFit = ({ flags }: Link) =>
    ['UP', 'LOWER_UP', 'MULTICAST'].every((flag) => flags.includes(flag));
  const fit = new Set(
    netlink
      .links()
      .filter(isFit)
      .map((link) => link.index),
  );
  const own = netlink.addresses().find(({ index, address, family }) => {
    return fit.has(index) && family === 'ipv6' && address.startsWith('fe80:');
  });
  if (own !== undefined) return { device: own.index, here: own.address, missing: false };
  const missing = 'no interface is up that has IPv6 and multicast';
  return { device: 0, here: '::1', missing };
}

const SIDES: readonly Side[] = [
  {
    family: 'ipv4',
    group: '239.255.7.7',
    any: '0.0.0.0',
    here: '127.0.0.1',
    other: '127.0.0.9',
    device: 1,
    missing: false,
  },
  { family: 'ipv6', group: 'ff02::7:7', any: '::', other: 'fe80::9', ...findIpv6() },
];

/** A receiver on a free port, and a sender whose multicast leaves by the loopback interface. */
function openBoth({ family, any, here, device }: Side): {
  receiver: Socket;
  sender: Socket;
  port: number;
} {
  const receiver = Socket.open(family, 'datagram');
  const sender = Socket.open(family, 'datagram');
  receiver.bind({ host: any, port: 0 });
  receiver.setTimeout(15_000);
  if (family === 'ipv4') receiver.setOption('IP_MULTICAST_ALL', false);
  else receiver.setOption('IPV6_MULTICAST_ALL', false);
  sender.bind({ host: here, port: 0, ...(family === 'ipv6' && { scope: device }) });
  sender.multicast.setInterface(device);
  const { port } = receiver.localAddress as InternetAddress;
  return { receiver, sender, port };
}

for (const side of SIDES) {
  const { family, group, here, other, device, missing } = side;
  const on = { interface: device };

  const scope = family === 'ipv6' && { scope: device };

  /** What is sent to the group arrives, or only what is sent to the receiver itself after it. */
  const assertArrives = (
    { receiver, sender, port }: ReturnType<typeof openBoth>,
    expected: boolean,
    why?: string,
  ): void => {
    sender.sendTo(Buffer.from('group'), { host: group, port, ...scope });
    if (!expected) sender.sendTo(Buffer.from('alone'), { host: here, port, ...scope });
    const buffer = Buffer.alloc(5);
    receiver.recv(buffer);
    assert.equal(buffer.toString(), expected ? 'group' : 'alone', why);
  };

  test(
    `${family} multicast: who joined receives, who left does not`,
    () => {
      const both = openBoth(side);
      using receiver = both.receiver;
      using _ = both.sender;
      const { multicast } = receiver;
      assertArrives(both, false);
      multicast.join(group, on);
      assertArrives(both, true);
      assert.throws(() => multicast.join(group, on), {
        code: 'EADDRINUSE',
        address: group,
        message: /multicast.join: the group was joined on that interface before$/,
      });
      multicast.leave(group, on);
      assertArrives(both, false);
      assert.throws(() => multicast.leave(group, on), {
        code: 'EADDRNOTAVAIL',
        message: /multicast.leave: the group or the source was not joined on that interface$/,
      });
    },
    { skip: missing },
  );

  test(
    `${family} multicast: one source alone, and others blocked`,
    () => {
      const both = openBoth(side);
      using receiver = both.receiver;
      using _ = both.sender;
      const { multicast } = receiver;
      const from = (source: string): MembershipOptions => ({ ...on, source });
      multicast.join(group, from(other));
      assertArrives(both, false, 'another source was joined');
      multicast.join(group, from(here));
      assertArrives(both, true);
      multicast.leave(group, from(here));
      assertArrives(both, false);
      multicast.leave(group, from(other));
      multicast.join(group, on);
      assertArrives(both, true);
      multicast.block(group, here, on);
      assertArrives(both, false);
      multicast.unblock(group, here, on);
      assertArrives(both, true);
    },
    { skip: missing },
  );

  test(
    `${family} multicast: loop and time to live of what is sent`,
    () => {
      const both = openBoth(side);
      using receiver = both.receiver;
      using sender = both.sender;
      receiver.multicast.join(group, on);
      sender.multicast.setLoop(false);
      const [loop, hops] =
        family === 'ipv4'
          ? (['IP_MULTICAST_LOOP', 'IP_MULTICAST_TTL'] as const)
          : (['IPV6_MULTICAST_LOOP', 'IPV6_MULTICAST_HOPS'] as const);
      assert.equal(sender.getOption(loop), false);
      sender.multicast.setLoop(true);
      assertArrives(both, true);
      sender.multicast.setTtl(9);
      assert.equal(sender.getOption(hops), 9);
      assert.throws(() => sender.multicast.setTtl(256), /^RangeError: hops must be/);
      assert.throws(() => sender.multicast.setTtl(-1), RangeError);
    },
    { skip: missing },
  );

  test(
    `${family} multicast: what is no group, no interface and no address is refused`,
    () => {
      const { receiver, sender } = openBoth(side);
      using _ = receiver;
      using __ = sender;
      const { multicast } = receiver;
      assert.throws(() => multicast.join(here, on), { code: 'EINVAL', address: here });
      assert.throws(() => multicast.join(group, { interface: 'none0' }), { code: 'ENODEV' });
      assert.throws(() => multicast.join(group, { interface: 999_999 }), { code: 'ENODEV' });
      const foreign = family === 'ipv4' ? 'ff02::1' : '239.1.1.1';
      assert.throws(() => multicast.join(foreign, on), /^TypeError: group must be a numeric IPv/);
      assert.throws(() => multicast.join('name', on), TypeError);
      assert.throws(() => multicast.join(group, { ...on, source: foreign }), /source must be/);
      assert.throws(() => multicast.join(undefined as never, on), TypeError);
      assert.throws(() => multicast.setInterface('none0'), { code: 'ENODEV' });
    },
    { skip: missing },
  );
}

test('multicast is of Internet sockets', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  assert.throws(() => left.multicast, {
    name: 'TypeError',
    message: 'multicast is of ipv4 and ipv6 sockets; this one is unix',
  });
});

test('multicast: a stream has no groups, and one of datagrams shows whose it is', () => {
  using stream = Socket.open('ipv4', 'stream');
  assert.throws(() => stream.multicast, {
    name: 'TypeError',
    message: 'multicast is of datagrams; nothing sent to a group reaches a stream',
  });
  using socket = Socket.open('ipv6', 'datagram');
  assert.equal(inspect(socket.multicast), `Multicast{fd ${socket.fd} ipv6}`);
});
