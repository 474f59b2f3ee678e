import assert from 'node:assert/strict';
import {
  attribute,
  encodeMessage,
  textAttribute,
  wordAttribute,
} from '../../src/io/netlink/message.ts';
import {
  type InterfaceAddress,
  type Link,
  Netlink,
  NetlinkChanges,
  type Route,
  type RoutingRule,
  type Socket,
  socketPair,
} from '../../src/io.ts';
import { IF_LINK, IFINFOMSG, NETLINK, RTNETLINK } from '../../src/sys/linux/netlink/abi.ts';
import { noNamespace, runInNamespace } from '../harness/namespace.ts';
import { test } from '../harness/test.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Lists {
  readonly ours: {
    readonly links: Link[];
    readonly addresses: InterfaceAddress[];
    readonly routes: Route[];
    readonly rules: RoutingRule[];
  };
  readonly theirs: Readonly<Record<string, Fields[]>>;
  readonly seen: string[];
}

const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };
const lists = new URL('../fixtures/netlink-lists.js', import.meta.url);

/** Drops what is null or undefined, as ip leaves out what is not there. */
function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

function pick(fields: Fields, ...names: string[]): Fields {
  return present(Object.fromEntries(names.map((name) => [name, fields[name]])));
}

/** ip adds words of its own to the flags, and leaves RUNNING out. */
function flagsOf(flags: readonly string[]): string[] {
  return flags.filter((flag) => !['RUNNING', 'NO-CARRIER', 'M-DOWN'].includes(flag)).sort();
}

function linkAsIp(link: Link, nameOf: (index: number | null) => string | undefined): Fields {
  return present({
    ifindex: link.index,
    ifname: link.name,
    flags: flagsOf(link.flags),
    mtu: link.mtu,
    qdisc: link.queueing,
    operstate: link.state.toUpperCase(),
    txqlen: link.queueLength,
    link_type: link.type,
    address: link.hardwareAddress,
    broadcast: link.hardwareBroadcast,
    master: nameOf(link.master),
    link: nameOf(link.peer),
  });
}

function addressAsIp(address: InterfaceAddress): Fields {
  return present({
    family: address.family === 'ipv4' ? 'inet' : 'inet6',
    local: address.address,
    address: address.peer,
    prefixlen: address.prefixLength,
    broadcast: address.broadcast,
    scope: address.scope,
    label: address.label,
    valid: address.validSeconds === null,
    preferred: address.preferredSeconds === null,
  });
}

function prefixAsIp(prefix: string): string {
  if (/\/0$/.test(prefix)) return 'default';
  return prefix.replace(prefix.includes(':') ? /\/128$/ : /\/32$/, '');
}

function routeAsIp(route: Route, nameOf: (index: number | null) => string | undefined): Fields {
  const hops = route.nextHops.map(({ gateway, weight, ...hop }) => {
    return { gateway, dev: nameOf(hop.interface), weight };
  });
  return present({
    type: route.type === 'unicast' ? null : route.type,
    dst: prefixAsIp(route.destination),
    gateway: route.gateway,
    dev: nameOf(route.interface),
    table: route.table === 254 ? null : (TABLES[route.table] ?? String(route.table)),
    protocol: route.protocol === 'boot' ? null : route.protocol,
    scope: route.scope === 'global' ? null : route.scope,
    prefsrc: route.source,
    metric: route.metric,
    nexthops: hops.length === 0 ? null : hops,
  });
}

function ruleAsIp(rule: RoutingRule): Fields {
  const [src = 'all', srclen] = rule.source?.split('/') ?? [];
  const [dst, dstlen] = rule.destination?.split('/') ?? [];
  const hex = (mark: number | null) => (mark === null ? null : `0x${mark.toString(16)}`);
  return present({
    priority: rule.priority,
    src,
    srclen: srclen === undefined ? null : Number(srclen),
    dst,
    dstlen: dstlen === undefined ? null : Number(dstlen),
    fwmark: hex(rule.mark),
    fwmask: rule.mark === null ? null : hex(rule.markMask),
    iif: rule.inputInterface,
    table: TABLES[rule.table] ?? String(rule.table),
  });
}

function assertSameAsIp({ ours, theirs }: Lists): void {
  const nameOf = (index: number | null) => ours.links.find((link) => link.index === index)?.name;
  const linkNames = Object.keys(linkAsIp(ours.links[0] as Link, nameOf)).concat('master', 'link');
  assert.deepEqual(
    ours.links.map((link) => linkAsIp(link, nameOf)),
    (theirs['links'] ?? []).map((link) => {
      return { ...pick(link, ...linkNames), flags: flagsOf(link['flags'] as string[]) };
    }),
  );
  const FOR_EVER = 2 ** 32 - 1;
  const addressNames = ['family', 'local', 'address', 'prefixlen', 'broadcast', 'scope', 'label'];
  for (const { ifindex, addr_info } of theirs['addresses'] ?? []) {
    assert.deepEqual(
      ours.addresses.filter(({ index }) => index === ifindex).map(addressAsIp),
      (addr_info as Fields[]).map((info) => ({
        ...pick(info, ...addressNames),
        valid: info['valid_life_time'] === FOR_EVER,
        preferred: info['preferred_life_time'] === FOR_EVER,
      })),
    );
  }
  for (const family of ['ipv4', 'ipv6']) {
    const number = family.slice(3);
    const withoutFlags = ({ flags: _, pref: __, ...rest }: Fields) => {
      const hops = rest['nexthops'] as Fields[] | undefined;
      if (hops === undefined) return rest;
      return { ...rest, nexthops: hops.map((hop) => pick(hop, 'gateway', 'dev', 'weight')) };
    };
    assert.deepEqual(
      ours.routes.filter((route) => route.family === family).map((r) => routeAsIp(r, nameOf)),
      (theirs[`routes${number}`] ?? []).map(withoutFlags),
    );
    assert.deepEqual(
      ours.rules.filter((rule) => rule.family === family).map(ruleAsIp),
      theirs[`rules${number}`],
    );
  }
}

test(
  'netlink: interfaces, addresses, routes and rules are what ip(8) says, and changes are told',
  async (context) => {
    const { stdout, stderr } = await runInNamespace(lists);
    assert.equal(stderr, '');
    const answer = JSON.parse(stdout) as Lists;
    assertSameAsIp(answer);
    const { links, addresses, routes, rules } = answer.ours;
    const counts = [links.length, addresses.length, routes.length, rules.length];
    context.diagnostic(`links, addresses, routes, rules: ${counts.join(', ')}`);
    assert.equal(links.find(({ name }) => name === 'left')?.kind, 'veth');
    for (const subject of ['link', 'address', 'route', 'rule']) {
      assert.ok(answer.seen.includes(`${subject} new`), answer.seen.join());
    }
  },
  { skip: noNamespace('ip') },
);

test('netlink: what everybody has is listed', () => {
  using netlink = Netlink.open();
  const lo = netlink.links().find(({ name }) => name === 'lo');
  assert.equal(lo?.index, 1);
  assert.equal(lo?.type, 'loopback');
  assert.ok(lo?.flags.includes('LOOPBACK'));
  assert.ok(netlink.rules().some(({ table }) => table === 255));
  assert.equal(typeof netlink.fd, 'number');
});

test(
  'netlink: an interface is made, switched on and removed, and each step is told',
  async () => {
    const program = new URL('../fixtures/netlink-changes.js', import.meta.url);
    const { stdout, stderr } = await runInNamespace(program);
    assert.equal(stderr, '');
    assert.deepEqual(stdout.trim().split('\n'), [
      'link new left veth off',
      'link new left veth on',
      'link delete left veth off',
      'netlink ENOTSUP: Unknown device type',
      'netlink EEXIST',
      'netlink ENODEV',
      'told that changes were lost',
    ]);
  },
  { skip: noNamespace() },
);

/** Plays the kernel: answers the next request on `kernel` with these messages. */
type Answer = (sequence: number) => Uint8Array[];

const NAMED = (name: string) =>
  Buffer.concat([new Uint8Array(IFINFOMSG.size), textAttribute(IF_LINK.IFLA_IFNAME, name)]);

function linkMessage(sequence: number, name: string, extra = 0): Uint8Array {
  const flags = NETLINK.NLM_F_MULTI | extra;
  return encodeMessage({ type: RTNETLINK.RTM_NEWLINK, flags, sequence }, NAMED(name));
}

function doneMessage(sequence: number, result = 0, ...attributes: Uint8Array[]): Uint8Array {
  const flags = NETLINK.NLM_F_MULTI | (attributes.length > 0 ? NETLINK.NLM_F_ACK_TLVS : 0);
  const body = Buffer.concat([
    Uint8Array.from(Buffer.from(Int32Array.of(result).buffer)),
    ...attributes,
  ]);
  return encodeMessage({ type: NETLINK.NLMSG_DONE, flags, sequence }, body);
}

/** Requests count from 1, so that the answers can lie ready before they are asked for. */
function withAnswers(
  datagrams: Uint8Array[],
  body: (netlink: Netlink, kernel: Socket) => void,
): void {
  const [own, kernel] = socketPair('seqpacket');
  using _ = kernel;
  own.setTimeout(10_000);
  using netlink = new Netlink(own);
  for (const datagram of datagrams) kernel.send(datagram);
  body(netlink, kernel);
}

const answers = (...parts: Answer[]) => parts.flatMap((part, index) => part(index + 1));

test('netlink: a dump of several datagrams is put together, and another answer is left out', () => {
  const datagrams = answers((n) => [
    linkMessage(n + 40, 'stale'),
    Buffer.concat([linkMessage(n, 'one'), linkMessage(n, 'two')]),
    linkMessage(n, 'three'),
    doneMessage(n),
  ]);
  withAnswers(datagrams, (netlink) => {
    assert.deepEqual(
      netlink.links().map(({ name }) => name),
      ['one', 'two', 'three'],
    );
  });
});

test('netlink: a dump that changed meanwhile is asked for again', () => {
  const datagrams = answers(
    (n) => [linkMessage(n, 'mixture', NETLINK.NLM_F_DUMP_INTR), doneMessage(n)],
    (n) => [linkMessage(n, 'whole'), doneMessage(n)],
  );
  withAnswers(datagrams, (netlink) => {
    assert.deepEqual(
      netlink.links().map(({ name }) => name),
      ['whole'],
    );
  });
});

test('netlink: a list that never keeps still is EAGAIN, after 16 times', () => {
  const mixture: Answer = (n) => [linkMessage(n, 'x', NETLINK.NLM_F_DUMP_INTR), doneMessage(n)];
  withAnswers(answers(...new Array<Answer>(17).fill(mixture)), (netlink) => {
    assert.throws(() => netlink.links(), { code: 'EAGAIN', syscall: 'netlink' });
  });
});

test('netlink: a dump that ends with an error tells the kernel’s reason', () => {
  const reason = textAttribute(NETLINK.NLMSGERR_ATTR_MSG, 'no such table');
  const offset = wordAttribute(NETLINK.NLMSGERR_ATTR_OFFS, 4);
  withAnswers(
    answers((n) => [doneMessage(n, -22, offset, reason)]),
    (netlink) => {
      assert.throws(() => netlink.links(), {
        name: 'SystemError',
        code: 'EINVAL',
        syscall: 'netlink',
        message: 'netlink EINVAL: no such table',
      });
    },
  );
});

test('netlink: an answer that is larger than the buffer is an error, a broken one too', () => {
  const [own, kernel] = socketPair('seqpacket');
  using _ = kernel;
  own.setTimeout(10_000);
  own.setOption('SO_SNDBUF', 2 ** 20);
  kernel.setOption('SO_SNDBUF', 2 ** 20);
  using netlink = new Netlink(own);
  kernel.send(new Uint8Array(70_000));
  assert.throws(() => netlink.links(), {
    code: 'EMSGSIZE',
    message: 'netlink EMSGSIZE: the kernel sent 70000 bytes, there is room for 65536',
  });
  const broken = linkMessage(2, 'x');
  new DataView(broken.buffer).setUint32(0, 4_000, true);
  kernel.send(broken);
  assert.throws(() => netlink.links(), { code: 'ERR_POLYIO_INVARIANT' });
});

test('netlink: an answer that does not come ends with the timeout', () => {
  const [own, kernel] = socketPair('seqpacket');
  using _ = kernel;
  own.setTimeout(20);
  using netlink = new Netlink(own);
  assert.throws(() => netlink.routes(), { code: 'ETIMEDOUT', syscall: 'recvfrom' });
});

test('netlink: names and numbers are checked before the kernel sees them', () => {
  using netlink = Netlink.open();
  assert.throws(() => netlink.createLink({ name: '', kind: 'veth' }), /^RangeError: name must be/);
  const long = 'sixteen-bytes-xx';
  assert.throws(() => netlink.createLink({ name: long, kind: 'veth' }), RangeError);
  assert.throws(() => netlink.createLink({ name: 'a', kind: 'veth', peer: long }), /peer must be/);
  assert.throws(() => netlink.deleteLink(0), /^RangeError: index must be/);
  assert.throws(() => netlink.setLinkUp(Number.NaN, true), RangeError);
  assert.throws(() => netlink.request({ type: -1, body: attribute(1, NAMED('x')) }), RangeError);
  assert.throws(() => NetlinkChanges.follow('weather' as 'link'), {
    name: 'TypeError',
    message: "a subject is one of link, address, route, rule; got 'weather'",
  });
  assert.throws(() => NetlinkChanges.follow(), TypeError);
});

test('netlink: changes that do not come', () => {
  using changes = NetlinkChanges.follow('rule');
  assert.equal(changes.tryNext(), null);
  changes.setTimeout(20);
  assert.throws(() => changes.next(), { code: 'ETIMEDOUT' });
  assert.match(`${changes.fd}`, /^\d+$/);
});
