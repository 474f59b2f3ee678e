// Shows: the network interfaces of this machine, and changes to them as the kernel tells them
// Needs: Linux; root to make an interface that changes, everybody else only looks on
// Run:   node build/examples/link-changes.js [seconds]
// Try:   ip link set lo down; ip link set lo up (as root, in another terminal, within 3 seconds)
import { Netlink, type NetlinkChange, NetlinkChanges, SystemError } from 'polyio';

const seconds = Number(process.argv[2] ?? 3);
const NAME = `polyio${process.pid % 100_000}`;

function show(change: NetlinkChange): string {
  if (change.subject === 'link') {
    const { index, name, state, flags } = change.link;
    const word = change.action === 'new' ? 'is' : 'is gone:';
    return `link ${index} ${name} ${word} ${state} (${flags.join(' ')})`;
  }
  if (change.subject === 'address') {
    const { address, prefixLength, index } = change.address;
    return `address ${address}/${prefixLength} of link ${index}: ${change.action}`;
  }
  return change.subject === 'overflow' ? 'changes were lost: list again' : change.subject;
}

/** Makes a pair of interfaces, switches one on and removes both; false without the privilege. */
function makeChanges(netlink: Netlink): boolean {
  try {
    netlink.createLink({ name: NAME, kind: 'veth', peer: `${NAME}p` });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.log(`no interface of our own: ${error.message}`);
    return false;
  }
  const index = netlink.links().find((link) => link.name === NAME)?.index ?? 0;
  netlink.setLinkUp(index, true);
  netlink.deleteLink(index);
  return true;
}

using netlink = Netlink.open();
for (const { index, name, type, mtu, flags } of netlink.links()) {
  console.log(`${index} ${name}: ${type}, mtu ${mtu}, ${flags.join(' ')}`);
}
using changes = NetlinkChanges.follow('link', 'address');
const isOurs = makeChanges(netlink);
const end = performance.now() + seconds * 1_000;
for (let left = seconds * 1_000; left > 0; left = end - performance.now()) {
  changes.setTimeout(left);
  try {
    const change = changes.next();
    console.log(show(change));
    const isOver = change.subject === 'link' && change.action === 'delete';
    if (isOurs && isOver && change.link.name === NAME) break;
  } catch (error) {
    if ((error as SystemError).code !== 'ETIMEDOUT') throw error;
  }
}
