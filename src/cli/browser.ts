/** The browser of whoever sits in front of this machine, if anybody does. */
import { spawn } from 'node:child_process';
import { HOST, type Platform } from '../platform/host.ts';
import { stdout } from './output.ts';

/** What hands an address to the browser, and the variables of which one is set where there is a screen. */
interface Opener {
  readonly program: string;
  readonly screens?: readonly string[];
}

const OPENERS: Readonly<Partial<Record<Platform, Opener>>> = {
  darwin: { program: 'open' },
  linux: { program: 'xdg-open', screens: ['DISPLAY', 'WAYLAND_DISPLAY'] },
  win32: { program: 'explorer.exe' },
};

/** Null where nobody would see a window: no screen, or an output that nobody looks at. */
export function browserOpener(): string | null {
  const { program, screens } = OPENERS[HOST] ?? {};
  const hasScreen = screens?.some((name) => Boolean(process.env[name])) ?? true;
  return hasScreen && stdout.isScreen ? (program ?? null) : null;
}

/** Opens an address. Whether that works is for the browser to show: the address is printed anyway. */
export function openBrowser(program: string, url: string): void {
  const child = spawn(program, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
