import { serverCases } from '../cases/server.ts';

serverCases({ model: 'epoll', clients: 50, isShared: true });
