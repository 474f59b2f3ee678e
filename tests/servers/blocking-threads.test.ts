import { serverCases } from '../cases/server.ts';

serverCases({ model: 'blocking-threads', clients: 2, workers: 2, isBlocking: true });
