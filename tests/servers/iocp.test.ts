import { MODELS } from '../../src/servers.ts';
import { serverCases } from '../cases/server.ts';
import { test } from '../harness/test.ts';

const refused = MODELS.find(({ name }) => name === 'iocp')?.unavailable();

if (refused === null) serverCases({ model: 'iocp', clients: 50 });
else test('iocp: the suite of the servers', () => {}, { skip: refused?.reason ?? 'no such model' });
