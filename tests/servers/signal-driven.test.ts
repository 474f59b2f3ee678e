import { serverCases } from '../cases/server.ts';

serverCases({ model: 'signal-driven', clients: 50, schedules: 100 });
