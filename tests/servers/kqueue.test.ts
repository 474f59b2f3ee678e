import { serverCases } from '../cases/server.ts';
import { hasKqueue } from '../doubles/kqueue.ts';
import { underTheDouble } from '../doubles/suite.ts';

if (hasKqueue) serverCases({ model: 'kqueue', clients: 50, isShared: true });
else underTheDouble('servers', [import.meta.url], { isLong: true });
