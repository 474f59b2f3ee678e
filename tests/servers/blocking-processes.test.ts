import { serverCases } from '../cases/server.ts';

serverCases({
  model: 'blocking-processes',
  clients: 2,
  workers: 2,
  isBlocking: true,
  hasProcesses: true,
});
