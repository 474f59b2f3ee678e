// Writes recorded-abi.json anew, on a machine that has a C compiler: node build/tests/sys/record-abi.js
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { askCompiler, type RecordedAbi } from './abi-probe.ts';

const recorded: RecordedAbi = { os: process.platform, arch: process.arch, ...askCompiler() };
// The program runs in build/tests/sys; the file lies beside its source.
const file = fileURLToPath(new URL('../../../tests/sys/recorded-abi.json', import.meta.url));
const text = JSON.stringify(recorded, null, 2).replace(/\[\s+(\d+),\s+(\d+)\s+\]/g, '[$1, $2]');
writeFileSync(file, `${text}\n`);
console.log(`${file}: ${recorded.os} ${recorded.arch}`);
