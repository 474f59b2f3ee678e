/** The browser of whoever sits in front of this machine, if anybody does. */
import { spawn } from 'node:child_process';
import { stdout } from './output.ts';

/** What hands an address to the browser. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
  linux: ['xdg-open'],
};

/** Null where nobody would see a window: no screen, or an output that nobody looks at. */
export function browserOpener(): readonly string[] | null {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasScreen = process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY);
  return hasScreen && stdout.isScreen ? (OPENERS[process.platform] ?? null) : null;
}

/** Opens an address. Whether that works is for the browser to show: the address is printed anyway. */
export function openBrowser([program, ...args]: readonly string[], url: string): void {
  const child = spawn(program as string, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
