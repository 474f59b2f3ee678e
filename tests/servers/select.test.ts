import { serverCases } from '../cases/server.ts';

serverCases({ model: 'select', clients: 50, isShared: true });
