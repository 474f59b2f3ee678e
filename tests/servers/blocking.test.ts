import { serverCases } from '../cases/server.ts';

serverCases({ model: 'blocking', clients: 1, isBlocking: true });
