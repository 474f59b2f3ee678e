import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commandsOf } from '../../lab-page/src/app/command.ts';
import { LineReader } from '../../lab-page/src/app/ndjson.ts';
import { test } from '../harness/test.ts';

const SEED = 20_261_125;

test('lab client: lines come out whole, wherever the pieces end', () => {
  const lines = fc.array(
    fc.string({ minLength: 1 }).filter((s) => s.trim() !== '' && !/\n/.test(s)),
  );
  fc.assert(
    fc.property(lines, fc.array(fc.nat({ max: 400 })), fc.boolean(), (wanted, cuts, isClosed) => {
      const text = wanted.join('\n') + (isClosed && wanted.length > 0 ? '\n' : '');
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length];
      places.sort((a, b) => a - b);
      const reader = new LineReader();
      const found = places.slice(1).flatMap((to, at) => reader.take(text.slice(places[at], to)));
      assert.deepEqual([...found, ...reader.end()], wanted);
    }),
    { seed: SEED },
  );
});

test('lab client: the same run is a command of the terminal', () => {
  const script = { scenario: 'burst', clients: 2, messages: 5, bytes: 64, delayMs: 0, seed: 7 };
  const request = { scene: 'free', models: ['epoll', 'io-uring'], ...script } as const;
  const flags = '--scenario burst --clients 2 --messages 5 --bytes 64 --delay 0 --seed 7';
  assert.equal(
    commandsOf(request, 'http://127.0.0.1/'),
    `npx polyio trace --model epoll ${flags}\nnpx polyio trace --model io-uring ${flags}`,
  );
  const own = commandsOf({ scene: 'full-pipe' }, 'http://127.0.0.1/?scene=full-pipe');
  assert.equal(own, 'npx polyio lab # http://127.0.0.1/?scene=full-pipe');
});
