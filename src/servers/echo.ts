/** The protocol that `polyio serve` runs when none is named: every byte comes back. */
import type { Protocol } from './protocol.ts';

export default {
  data(connection, chunk) {
    connection.write(chunk);
  },
} satisfies Protocol;
