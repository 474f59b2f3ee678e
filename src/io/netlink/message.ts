/**
 * Netlink messages as bytes: a header, a structure, and attributes of type, length and value.
 *
 * Facts:
 * - Everything begins at a multiple of 4 bytes; lengths count the header and not what pads it.
 * - Attributes nest; two bits of the type are flags.
 * - A refusal (NLMSG_ERROR) carries the request's header. Asked by NETLINK_EXT_ACK, the kernel adds
 *   attributes behind it, one of which is a sentence about what was wrong.
 */
import { invariant } from '../../errors.ts';
import { NETLINK, NLATTR, NLMSGHDR } from '../../sys/linux/netlink/abi.ts';

const ALIGNMENT = 4;
const ERROR_SIZE = 4;

/** A message without its header. */
export interface NetlinkMessage {
  readonly type: number;
  /** NLM_F_MULTI and so on, as bits. */
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  readonly body: Uint8Array;
}

/** Attributes by their number; of those that come more than once, the last. */
export type Attributes = ReadonlyMap<number, Uint8Array>;

function align(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A request as it is sent: a header before `body`. */
export function encodeMessage(
  { type, flags, sequence }: Pick<NetlinkMessage, 'type' | 'flags' | 'sequence'>,
  body: Uint8Array,
): Uint8Array {
  const { nlmsg_len, nlmsg_type, nlmsg_flags, nlmsg_seq } = NLMSGHDR.fields;
  const bytes = new Uint8Array(NLMSGHDR.size + align(body.length));
  const header = view(bytes);
  header.setUint32(nlmsg_len[0], NLMSGHDR.size + body.length, true);
  header.setUint16(nlmsg_type[0], type, true);
  header.setUint16(nlmsg_flags[0], flags, true);
  header.setUint32(nlmsg_seq[0], sequence, true);
  bytes.set(body, NLMSGHDR.size);
  return bytes;
}

/** The messages of one datagram; their bodies are copies. */
export function decodeMessages(bytes: Uint8Array): NetlinkMessage[] {
  const { nlmsg_len, nlmsg_type, nlmsg_flags, nlmsg_seq, nlmsg_pid } = NLMSGHDR.fields;
  const messages: NetlinkMessage[] = [];
  const header = view(bytes);
  for (let at = 0; at + NLMSGHDR.size <= bytes.length; ) {
    const length = header.getUint32(at + nlmsg_len[0], true);
    const isWhole = length >= NLMSGHDR.size && at + length <= bytes.length;
    invariant(isWhole, `a netlink message of ${length} bytes in ${bytes.length - at}`);
    messages.push({
      type: header.getUint16(at + nlmsg_type[0], true),
      flags: header.getUint16(at + nlmsg_flags[0], true),
      sequence: header.getUint32(at + nlmsg_seq[0], true),
      portId: header.getUint32(at + nlmsg_pid[0], true),
      body: bytes.slice(at + NLMSGHDR.size, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** One attribute with what pads it. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  const length = NLATTR.size + value.length;
  const bytes = new Uint8Array(align(length));
  view(bytes).setUint16(NLATTR.fields.nla_len[0], length, true);
  view(bytes).setUint16(NLATTR.fields.nla_type[0], type, true);
  bytes.set(value, NLATTR.size);
  return bytes;
}

/** An attribute of text, with its closing zero. */
export function textAttribute(type: number, text: string): Uint8Array {
  return attribute(type, Buffer.from(`${text}\0`));
}

/** An attribute of 32 bits. */
export function wordAttribute(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  view(bytes).setUint32(0, value, true);
  return attribute(type, bytes);
}

/** An attribute that holds others. */
export function nestedAttribute(type: number, ...parts: Uint8Array[]): Uint8Array {
  return attribute(type | NETLINK.NLA_F_NESTED, Buffer.concat(parts));
}

/** The attributes in `bytes` from `start` on; bytes that are none end them. */
export function decodeAttributes(bytes: Uint8Array, start: number): Attributes {
  const found = new Map<number, Uint8Array>();
  const header = view(bytes);
  for (let at = align(start); at + NLATTR.size <= bytes.length; ) {
    const length = header.getUint16(at + NLATTR.fields.nla_len[0], true);
    if (length < NLATTR.size || at + length > bytes.length) break;
    const type = header.getUint16(at + NLATTR.fields.nla_type[0], true);
    found.set(type & ~0xc000, bytes.subarray(at + NLATTR.size, at + length));
    at += align(length);
  }
  return found;
}

/** Text up to its closing zero, or null when the attribute is not there. */
export function textOf(attributes: Attributes, type: number): string | null {
  const bytes = attributes.get(type);
  if (bytes === undefined) return null;
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}

/** 32 bits, or null when the attribute is not there. */
export function wordOf(attributes: Attributes, type: number): number | null {
  const bytes = attributes.get(type);
  return bytes === undefined || bytes.length < 4 ? null : view(bytes).getUint32(0, true);
}

/** 8 bits, or null when the attribute is not there. */
export function byteOf(attributes: Attributes, type: number): number | null {
  return attributes.get(type)?.[0] ?? null;
}

/** The answer to a request that was refused, or was done. */
export interface Verdict {
  /** 0, or the negative error number. */
  readonly result: number;
  /** The kernel's sentence about it. */
  readonly reason: string | null;
}

/** Reads NLMSG_ERROR, or the end of a dump, which may be an error too. */
export function decodeVerdict({ type, flags, body }: NetlinkMessage): Verdict {
  const result = body.length < ERROR_SIZE ? 0 : view(body).getInt32(0, true);
  if ((flags & NETLINK.NLM_F_ACK_TLVS) === 0) return { result, reason: null };
  let start = ERROR_SIZE;
  if (type === NETLINK.NLMSG_ERROR) {
    const isCapped = (flags & NETLINK.NLM_F_CAPPED) !== 0;
    const echoed = view(body).getUint32(ERROR_SIZE + NLMSGHDR.fields.nlmsg_len[0], true);
    start += isCapped ? NLMSGHDR.size : align(echoed);
  }
  const attributes = decodeAttributes(body, start);
  return { result, reason: textOf(attributes, NETLINK.NLMSGERR_ATTR_MSG) };
}

/** The names of the bits that are set, in the order of the table. */
export function namesOfBits(table: Readonly<Record<string, number>>, bits: number): string[] {
  return Object.keys(table).filter((name) => (bits & (table[name] as number)) !== 0);
}

/** A number's name, or the number where it has none here. */
export function nameOr<Name extends string>(
  table: Readonly<Record<number, Name>>,
  number: number,
): Name | number {
  return table[number] ?? number;
}
