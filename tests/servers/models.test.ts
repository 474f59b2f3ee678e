import assert from 'node:assert/strict';
import { verifiedOn } from '../../src/servers/platforms.ts';
import { programOf } from '../../src/servers/programs.ts';
import {
  chooseModel,
  DEFAULT_CANDIDATES,
  MODELS,
  type ModelName,
  modelInfo,
  type System,
} from '../../src/servers.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';

test('verified: for every system and processor, and null on the kernel itself only', () => {
  const states: readonly [
    model: string,
    platform: string,
    arch: string,
    verified: string | null,
  ][] = [
    ['poll', 'linux', 'x64', null],
    ['io-uring', 'linux', 'x64', null],
    ['kqueue', 'linux', 'x64', 'against a double and header tables, not yet on a BSD kernel'],
    ['iocp', 'linux', 'x64', 'under Wine, not yet on Windows'],
    ['poll', 'linux', 'arm64', 'under qemu, not yet on such a processor'],
    ['io-uring', 'linux', 'arm64', 'against header tables, not yet on this system'],
    ['poll', 'linux', 'riscv64', 'on other processors, not yet on riscv64'],
    ['kqueue', 'darwin', 'arm64', 'against a double and header tables, not yet on a BSD kernel'],
    ['kqueue', 'openbsd', 'x64', 'against header tables, not yet on this system'],
    ['select', 'freebsd', 'x64', 'against header tables, not yet on this system'],
    ['node-net', 'darwin', 'x64', "on Linux, as Node's own code, not yet on this system"],
    ['select', 'netbsd', 'x64', 'on other systems, not yet on netbsd'],
    ['epoll', 'darwin', 'x64', null],
    ['iocp', 'win32', 'x64', 'under Wine, not yet on Windows'],
    ['blocking', 'win32', 'x64', 'under Wine, not yet on Windows'],
    ['blocking', 'win32', 'arm64', 'on other processors, not yet on arm64'],
  ];
  for (const [model, platform, arch, verified] of states) {
    assert.equal(verifiedOn(model, platform, arch), verified, `${model} ${platform} ${arch}`);
  }
  for (const { name, platforms, verified } of MODELS) {
    assert.equal(verified, verifiedOn(name, process.platform, process.arch), name);
    for (const system of Object.keys(platforms) as System[]) {
      const [platform, arch] = system === 'linux-arm64' ? ['linux', 'arm64'] : [system, 'x64'];
      const isNull = verifiedOn(name, platform, arch) === null;
      assert.equal(isNull, platforms[system] === 'kernel', `${name} ${system}`);
    }
  }
});

test('MODELS: thirteen names, each once, in the order in which they are taught', () => {
  assert.deepEqual(
    MODELS.map(({ name }) => name),
    [
      'blocking',
      'blocking-processes',
      'blocking-threads',
      'non-blocking',
      'select',
      'poll',
      'epoll',
      'epoll-edge',
      'kqueue',
      'signal-driven',
      'io-uring',
      'iocp',
      'node-net',
    ],
  );
});

test('MODELS: every one of this system runs here, and says how it waits', () => {
  for (const { name, waits, platforms, unavailable, defaultWorkers, maxWorkers } of MODELS) {
    const isOurs = platforms[process.platform as System] !== undefined;
    // Emulators of a processor have no rings, and say that the kernel has none.
    const isEmulated = EMULATOR !== undefined && name === 'io-uring';
    if (isOurs && !isEmulated) assert.equal(unavailable(), null, name);
    else assert.match(unavailable()?.reason ?? '', /kernel interface of|ENOSYS/, name);
    assert.ok(waits.length > 10, name);
    assert.ok(defaultWorkers >= 1 && defaultWorkers <= maxWorkers, name);
  }
});

test('modelInfo: the workers are as documented', () => {
  for (const name of ['blocking-processes', 'blocking-threads']) {
    assert.equal(modelInfo(name).defaultWorkers, 8);
  }
  for (const name of ['blocking', 'non-blocking', 'node-net']) {
    assert.equal(modelInfo(name).maxWorkers, 1);
  }
});

test('modelInfo: an unknown name lists the names', () => {
  assert.throws(() => modelInfo('epol'), {
    name: 'TypeError',
    message: /'epol'.*blocking, blocking-processes.*node-net/,
  });
});

test('chooseModel: default takes the first candidate that runs here', () => {
  const { model, rejected } = chooseModel('default');
  assert.equal(model.name, DEFAULT_CANDIDATES[rejected.length]);
  for (const { name, unavailable } of MODELS) {
    if (unavailable() === null) assert.equal(chooseModel(name).model.name, name);
    else assert.throws(() => chooseModel(name), { code: 'ERR_POLYIO_UNSUPPORTED', model: name });
  }
  assert.throws(() => chooseModel('' as ModelName), TypeError);
});

test('programOf: node-net has none', () => {
  for (const model of MODELS) {
    if (model.name === 'node-net') {
      assert.throws(() => programOf(model), { code: 'ERR_POLYIO_UNSUPPORTED', model: 'node-net' });
    } else {
      assert.equal(typeof programOf(model), 'function');
    }
  }
});
