/** The form of the tables of numbers and layouts: one for every system. */

/**
 * In place of a number that a system does not have. No call may see it: whoever would pass it on
 * says instead what is missing.
 */
export const ABSENT = -1;

/** Where a structure's fields lie: `field: [offset, size]`, all in bytes. */
export interface Layout<Field extends string = string> {
  /** The C type, as the compiler knows it. */
  readonly type: string;
  readonly header: string;
  readonly size: number;
  /** Newer headers add fields at its end: how large it is depends on them. */
  readonly grows?: true;
  readonly fields: Readonly<Record<Field, FieldPlace>>;
}

export type FieldPlace = readonly [offset: number, size: number];

/** The names of a module that stand for tables of numbers and for layouts. */
type TableName<Module> = Exclude<keyof Module, 'CONSTANTS' | 'LAYOUTS'>;

type SameForm<Table, Values> = Table extends Layout
  ? Layout<keyof Table['fields'] & string>
  : Values;

/** The tables of a module under their names, with any system's values. */
export type Tables<Module> = {
  readonly [Name in TableName<Module>]: SameForm<
    Module[Name],
    Readonly<Record<keyof Module[Name], number>>
  >;
};

/** The same where a system lists what it has: numbers and structures may be missing. */
export type Listed<Module> = {
  readonly [Name in TableName<Module>]?: SameForm<
    Module[Name],
    Readonly<Partial<Record<keyof Module[Name], number>>>
  >;
};
