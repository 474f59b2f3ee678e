/** ioctl(2) with requests of Linux, whose numbers mean something else on other systems. */
import * as posix from '../posix/ioctl.ts';
import { ofLinux } from './presence.ts';

export const ioctl = ofLinux('ioctl', posix.ioctl);
export const ioctlBytes = ofLinux('ioctl', posix.ioctlBytes);
export const ioctlNumber = ofLinux('ioctl', posix.ioctlNumber);
