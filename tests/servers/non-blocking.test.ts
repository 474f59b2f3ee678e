import { serverCases } from '../cases/server.ts';

serverCases({ model: 'non-blocking', clients: 50 });
