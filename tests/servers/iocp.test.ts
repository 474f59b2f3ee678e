import { serverCases } from '../cases/server.ts';

serverCases({ model: 'iocp', clients: 50 });
