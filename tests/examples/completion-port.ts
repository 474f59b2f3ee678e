/** The example about the completion port, and what it prints where there is one. */
import { fileURLToPath } from 'node:url';

export const SCRIPT: string = fileURLToPath(
  new URL('../../examples/completion-port.js', import.meta.url),
);

export const EXPECTED = `two receipts: Operation{accept pending} Operation{connect pending}
the file: 64 bytes
received: over TCP
received: by pipe
`;
