import { serverCases } from '../cases/server.ts';

serverCases({ model: 'poll', clients: 50, isShared: true });
