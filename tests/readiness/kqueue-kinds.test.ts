import { KqueueSelector } from '../../src/readiness.ts';
import { kindCases } from '../cases/selector-kinds.ts';
import { hasKqueue } from '../doubles/kqueue.ts';
import { underTheDouble } from '../doubles/suite.ts';

const NO_FILES = 'the double stands on epoll, which has no files; a kqueue has a filter for them';
const NO_ERRORS = 'the double does not tell the errors of datagrams';

/** What the double lacks. */
const LACKING: Readonly<Record<string, string>> = {
  'a connected UDP socket': NO_ERRORS,
  '/proc/mounts': 'the double takes it for a regular file',
  'a memory file': NO_FILES,
  'a regular file': NO_FILES,
  'a block device': NO_FILES,
  'a directory': NO_FILES,
  '/dev/null': NO_FILES,
  '/dev/zero': NO_FILES,
  '/dev/full': NO_FILES,
  '/dev/urandom': NO_FILES,
};

if (!hasKqueue) underTheDouble('kinds of descriptors', [import.meta.url], { isLong: true });
else kindCases({ model: 'kqueue', open: () => new KqueueSelector(), skip: LACKING });
