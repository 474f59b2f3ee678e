/** The scripts that clients of a recorded run can follow, by name, and what each shows. */
export const SCENARIOS = {
  steady: 'every client sends a message now and then',
  'slow-sender': 'messages come in pieces, with a pause before the last one',
  burst: 'all clients send at the same instant, several messages back to back',
  'slow-reader': 'the first client sends much and does not read for a while',
  reset: 'the first client breaks off with a reset in the middle',
  'half-close': 'clients say that they will send no more as soon as they have sent the last byte',
} as const;

export type Scenario = keyof typeof SCENARIOS;
