import { serverCases } from '../cases/server.ts';

serverCases({ model: 'epoll-edge', clients: 50, isShared: true, schedules: 200 });
