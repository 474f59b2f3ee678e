/** Another system's Node, for the tests of this one that start its programs themselves. */

/** The command that stands for it; empty where there is none. */
export const FOREIGN_NODE: string = process.env['POLYIO_FOREIGN_NODE'] ?? '';

/** Why nothing can be started there, or false. */
export const noForeignNode: string | false =
  FOREIGN_NODE === '' && 'POLYIO_FOREIGN_NODE is not set: npm run test:windows sets it';
