import { serverCases } from '../cases/server.ts';

serverCases({ model: 'node-net', clients: 50 });
