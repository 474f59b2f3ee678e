/**
 * The numbers and structures of other systems' C headers, read out of the tables that two compilers'
 * projects have made from those headers by machine: golang.org/x/sys and the Rust crate libc.
 *
 * The lines are read one by one, without knowledge of either language: what has another form than
 * the ones here is not found, and whoever asks for it hears so.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ForeignSystem = 'darwin' | 'freebsd' | 'openbsd' | 'netbsd';
export type ForeignArch = 'x64' | 'arm64';

/** `[offset, size]` of each field by its place among those that are no padding. */
export interface HeaderLayout {
  readonly size: number;
  readonly fields: Readonly<Record<string, readonly [offset: number, size: number]>>;
}

/** What one project knows of one system on one kind of processor. */
export interface HeaderTable {
  readonly source: 'go' | 'rust';
  /** The number of a name, undefined where the project does not know it. */
  number(name: string): bigint | undefined;
  /** The structure of a name as the project calls it, undefined where it does not know it. */
  layout(name: string): HeaderLayout | undefined;
}

/** The folder that `npm run test:bsd` unpacks the two packages into. */
const FOLDER = process.env['POLYIO_HEADER_TABLES'] ?? '';

const GO = 'usr/share/gocode/src/golang.org/x/sys/unix';
const REGISTRY = 'usr/share/cargo/registry';

const GO_ARCH = { x64: 'amd64', arm64: 'arm64' } as const;
const RUST_ARCH = { x64: 'x86_64', arm64: 'aarch64' } as const;

/** From the general to the special: a later file's answer replaces an earlier one's. */
const RUST_FILES: Readonly<Record<ForeignSystem, readonly string[]>> = {
  darwin: ['bsd/apple/mod.rs', 'bsd/apple/b64/mod.rs', 'bsd/apple/b64/ARCH/mod.rs'],
  freebsd: [
    'bsd/freebsdlike/mod.rs',
    'bsd/freebsdlike/freebsd/mod.rs',
    'bsd/freebsdlike/freebsd/freebsd12/mod.rs',
    'bsd/freebsdlike/freebsd/ARCH.rs',
    'bsd/freebsdlike/freebsd/ARCH/mod.rs',
  ],
  openbsd: [
    'bsd/netbsdlike/mod.rs',
    'bsd/netbsdlike/openbsd/mod.rs',
    'bsd/netbsdlike/openbsd/ARCH.rs',
  ],
  netbsd: [
    'bsd/netbsdlike/mod.rs',
    'bsd/netbsdlike/netbsd/mod.rs',
    'bsd/netbsdlike/netbsd/ARCH.rs',
  ],
};

/** Why there is nothing to compare with, or null when both packages are there. */
export function headerTablesMissing(): string | null {
  const isThere = FOLDER !== '' && existsSync(join(FOLDER, GO)) && rustRoot() !== undefined;
  return isThere ? null : 'header tables are missing: npm run test:bsd brings them';
}

function rustRoot(): string | undefined {
  const registry = join(FOLDER, REGISTRY);
  if (!existsSync(registry)) return undefined;
  const crate = readdirSync(registry).find((name) => name.startsWith('libc-'));
  return crate === undefined ? undefined : join(registry, crate, 'src/unix');
}

/** Both projects' tables of a system. Reads the files; throws where one is missing. */
export function readHeaderTables(system: ForeignSystem, arch: ForeignArch): HeaderTable[] {
  return [goTable(system, arch), rustTable(system, arch)];
}

type Struct = readonly (readonly [field: string, type: string])[];
type Evaluate = (expression: string) => bigint | undefined;
type Place = { readonly size: number; readonly alignment: number };

const POINTER: Place = { size: 8, alignment: 8 };

function place(size: number): Place {
  return { size, alignment: size };
}

/** Puts the fields of a structure where a C compiler puts them. */
function layOut(
  struct: Struct,
  placeOf: (type: string) => Place | undefined,
): (HeaderLayout & Place) | undefined {
  const fields: Record<string, readonly [number, number]> = {};
  let end = 0;
  let alignment = 1;
  for (const [field, type] of struct) {
    const at = placeOf(type);
    if (at === undefined) return undefined;
    const offset = Math.ceil(end / at.alignment) * at.alignment;
    fields[field] = [offset, at.size];
    end = offset + at.size;
    alignment = Math.max(alignment, at.alignment);
  }
  return { size: Math.ceil(end / alignment) * alignment, alignment, fields };
}

const GO_TYPES: Readonly<Record<string, Place>> = {
  byte: place(1),
  int8: place(1),
  uint8: place(1),
  int16: place(2),
  uint16: place(2),
  int32: place(4),
  uint32: place(4),
  int64: place(8),
  uint64: place(8),
};

function goTable(system: ForeignSystem, arch: ForeignArch): HeaderTable {
  const numbers = new Map<string, bigint>();
  const structs = new Map<string, Struct>();
  const aliases = new Map<string, string>();
  for (const kind of ['zerrors', 'ztypes', 'zsysnum']) {
    const file = join(FOLDER, GO, `${kind}_${system}_${GO_ARCH[arch]}.go`);
    if (kind === 'zsysnum' && !existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    const constant = /^\s+(\w+)\s+=\s+(?:[\w.]+\()?(-?)(0x[\da-f]+|\d+)\)?\s*(?:\/\/.*)?$/gm;
    for (const [, name, sign, digits] of text.matchAll(constant)) {
      numbers.set(name as string, BigInt(digits as string) * (sign === '-' ? -1n : 1n));
    }
    for (const [, name, type] of text.matchAll(/^type (\w+) (\w+)$/gm)) {
      aliases.set(name as string, type as string);
    }
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([^}]*)\}/gm)) {
      const lines = (body as string).matchAll(/^\t(\w+)\s+(\S+)/gm);
      structs.set(
        name as string,
        Array.from(lines, ([, field, type]) => [field as string, type as string] as const),
      );
    }
  }
  const placeOf = (type: string): Place | undefined => {
    if (type.startsWith('*')) return POINTER;
    const array = /^\[(\d+)\](.+)$/.exec(type);
    if (array !== null) {
      const item = placeOf(array[2] as string);
      return item && { size: item.size * Number(array[1]), alignment: item.alignment };
    }
    const alias = aliases.get(type);
    const struct = structs.get(type);
    if (GO_TYPES[type] !== undefined) return GO_TYPES[type];
    if (alias !== undefined) return placeOf(alias);
    return struct && layOut(struct, placeOf);
  };
  return {
    source: 'go',
    number: (name) => numbers.get(name),
    layout: (name) => {
      const struct = structs.get(name);
      return struct && layOut(struct, placeOf);
    },
  };
}

const RUST_TYPES: Readonly<Record<string, Place>> = {
  bool: place(1),
  u8: place(1),
  i8: place(1),
  c_char: place(1),
  c_uchar: place(1),
  c_schar: place(1),
  u16: place(2),
  i16: place(2),
  c_short: place(2),
  c_ushort: place(2),
  u32: place(4),
  i32: place(4),
  c_int: place(4),
  c_uint: place(4),
  u64: place(8),
  i64: place(8),
  c_long: place(8),
  c_ulong: place(8),
  c_longlong: place(8),
  c_ulonglong: place(8),
  usize: place(8),
  isize: place(8),
  size_t: place(8),
  ssize_t: place(8),
  intptr_t: place(8),
  uintptr_t: place(8),
};

function rustTable(system: ForeignSystem, arch: ForeignArch): HeaderTable {
  const expressions = new Map<string, string>();
  const structs = new Map<string, Struct>();
  const aliases = new Map<string, string>();
  const root = rustRoot() as string;
  for (const name of ['mod.rs', 'bsd/mod.rs', ...RUST_FILES[system]]) {
    const file = join(root, name.replace('ARCH', RUST_ARCH[arch]));
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8').replace(/\/\/.*$/gm, '');
    for (const [, constant, value] of text.matchAll(/\bconst (\w+)\s*:[^=;]+=([^;]+);/g)) {
      expressions.set(constant as string, value as string);
    }
    for (const [, alias, type] of text.matchAll(/pub type (\w+) = ([^;]+);/g)) {
      aliases.set(alias as string, type as string);
    }
    for (const [, struct, body] of text.matchAll(/pub struct (\w+) \{([^}]*)\}/g)) {
      const lines = (body as string).matchAll(/^\s*(?:pub )?(\w+):\s*([^\n]+?),?\s*$/gm);
      // A field that is there twice is there once for each kind of machine; the last is the usual.
      const fields = new Map(Array.from(lines, ([, field, type]) => [field, type] as const));
      structs.set(struct as string, [...fields] as unknown as Struct);
    }
  }
  const evaluate = evaluator((name) =>
    expressions
      .get(name)
      ?.replace(/(?:::)?mem::size_of::<([^>]+)>\(\)/g, (_, type) => `${placeOf(type)?.size}`),
  );
  const placeOf = (type: string): Place | undefined => {
    const bare = type.replaceAll('::', '').trim();
    if (/^\*(const|mut) |^Option</.test(bare)) return POINTER;
    const array = /^\[(.+);(.+)\]$/.exec(bare);
    if (array !== null) {
      const item = placeOf(array[1] as string);
      const count = evaluate(array[2] as string);
      if (item === undefined || count === undefined) return undefined;
      return { size: item.size * Number(count), alignment: item.alignment };
    }
    const alias = aliases.get(bare);
    const struct = structs.get(bare);
    if (RUST_TYPES[bare] !== undefined) return RUST_TYPES[bare];
    if (struct !== undefined) return layOut(struct, placeOf);
    return alias === undefined ? undefined : placeOf(alias);
  };
  return {
    source: 'rust',
    number: evaluate,
    layout: (name) => {
      const struct = structs.get(name);
      return struct && layOut(struct, placeOf);
    },
  };
}

/** Numbers joined by + - | << and parentheses; names stand for other constants. */
function evaluator(expressionOf: (name: string) => string | undefined): Evaluate {
  const evaluate: Evaluate = (expression) => {
    const bare = expression.replace(/(\d)[iu](size|32|64)\b/g, '$1');
    const tokens = bare.match(/0x[\da-fA-F_]+|0o[0-7]+|\d[\d_]*|\w+|<<|\S/g) ?? [];
    let at = 0;
    const term = (): bigint | undefined => {
      const token = tokens[at++];
      if (token === '(') {
        const inner = sum();
        at++;
        return inner;
      }
      if (token === '-') {
        const value = term();
        return value === undefined ? undefined : -value;
      }
      if (token === '!') {
        const value = term();
        return value === undefined ? undefined : ~value;
      }
      if (token === undefined) return undefined;
      const literal = /^(0x[\da-fA-F_]+|0o[0-7]+|\d[\d_]*)$/.exec(token);
      if (literal !== null) return BigInt(token.replaceAll('_', ''));
      // A path to another module, or a name of this one.
      while (tokens[at] === ':' && tokens[at + 1] === ':') at += 3;
      const name = tokens[at - 1] as string;
      const other = expressionOf(name);
      return other === undefined || other === expression ? undefined : evaluate(other);
    };
    const cast = (): bigint | undefined => {
      const value = term();
      while (tokens[at] === 'as') {
        at++;
        while (/^(:|\*|mut|const)$/.test(tokens[at] ?? '')) at++;
        at++;
      }
      return value;
    };
    const sum = (): bigint | undefined => {
      let value = cast();
      while (value !== undefined && at < tokens.length && tokens[at] !== ')') {
        const operator = tokens[at++];
        const right = cast();
        if (right === undefined) return undefined;
        if (operator === '+') value += right;
        else if (operator === '-') value -= right;
        else if (operator === '|') value |= right;
        else if (operator === '<<') value <<= right;
        else return undefined;
      }
      return value;
    };
    return sum();
  };
  return evaluate;
}
