import { asInteger } from '../../platform/integers.ts';
import { UCRED } from '../../sys/linux/sockets/abi.ts';
import { asRecord, type Codec, viewOf } from './codec.ts';

const ID_MAX = 2 ** 32 - 1;

/** Who a process is: SO_PEERCRED, SCM_CREDENTIALS. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A `struct ucred`. */
export const credentials: Codec<Credentials> = {
  size: UCRED.size,
  encode(value, name) {
    const { pid, uid, gid } = asRecord(value, name, '{ pid, uid, gid }');
    const bytes = new Uint8Array(UCRED.size);
    const view = viewOf(bytes);
    view.setUint32(UCRED.fields.pid[0], asInteger(pid, `${name}.pid`, 0, ID_MAX), true);
    view.setUint32(UCRED.fields.uid[0], asInteger(uid, `${name}.uid`, 0, ID_MAX), true);
    view.setUint32(UCRED.fields.gid[0], asInteger(gid, `${name}.gid`, 0, ID_MAX), true);
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    return {
      pid: view.getUint32(UCRED.fields.pid[0], true),
      uid: view.getUint32(UCRED.fields.uid[0], true),
      gid: view.getUint32(UCRED.fields.gid[0], true),
    };
  },
};
