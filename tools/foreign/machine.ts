/** A Node that is not the one of this machine, and the groups of tests that run under it. */

/** What runs the tests in place of this machine's Node. */
export interface Machine {
  /** What the output calls it, as "Linux arm64 under qemu". */
  readonly name: string;
  /** A command that takes the arguments of `node`. */
  readonly node: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends what it started besides the tests. */
  stop?(): void;
}

/** Where the real system is at hand: its own Node. */
export function realMachine(): Machine {
  const { platform, arch, version, execPath } = process;
  return { name: `${platform} ${arch} itself, Node ${version}`, node: execPath, env: {} };
}

/** A group of tests, which must all have run. */
export interface Suite {
  readonly name: string;
  /** The compiled test files whose path under tests/ begins with one of these. */
  readonly files: readonly string[];
  /** Those among them that are left out, each with the reason, which is printed. */
  readonly except?: Readonly<Record<string, string>>;
  /**
   * What it is there for: titles of tests, each of which must have passed at least once under a title
   * that begins with it. A file that cannot run here skips, and must not do so unseen.
   */
  readonly decisive?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its files run under this machine's Node, and start the other one themselves. */
  readonly onHost?: boolean;
  /** Whether its files share a few processes: where starting one is what takes the time. */
  readonly isShared?: boolean;
  /** How long one file may take, in milliseconds. @default 120000 */
  readonly limitMs?: number;
}
