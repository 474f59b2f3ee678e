/**
 * Writes the table of models and systems into both READMEs, from the models themselves:
 *
 *     node build/tools/write-platforms.js
 *
 * It stands between two marks in each page; a test fails when it is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifiedOn } from '../src/servers/platforms.ts';
import { MODELS, type ModelInfo, type System, type Verification } from '../src/servers.ts';
import { isMain, projectRoot } from './tree.ts';

const BEGIN = '<!-- written by build/tools/write-platforms.js: begin -->';
const END = '<!-- written by build/tools/write-platforms.js: end -->';

interface Language {
  readonly page: string;
  readonly model: string;
  readonly words: Readonly<Record<Verification, string>>;
  readonly legend: string;
  /** What has to be said about a model that its own kernel has not run, or null. */
  caveat(info: ModelInfo): string | null;
}

const SYSTEMS: Readonly<Record<System, string>> = {
  linux: 'Linux x64',
  'linux-arm64': 'Linux arm64',
  darwin: 'macOS',
  freebsd: 'FreeBSD',
  openbsd: 'OpenBSD',
  win32: 'Windows',
};

const ENGLISH: Language = {
  page: 'README.md',
  model: 'model',
  words: {
    kernel: 'kernel',
    qemu: 'qemu',
    wine: 'Wine',
    double: 'double',
    tables: 'tables',
    node: 'untried',
  },
  legend: `**kernel**: its whole suites run on that system itself. **qemu**: the suites of selectors and descriptors run as programs of that processor on a
real Linux kernel; of its server suite the group that echoes. **Wine**: the suites of
\`select\`, \`poll\` and the completion queue run there, the server suite of \`iocp\`, of the others the group that echoes, and for
\`blocking-threads\` the one that stops; clients outside Wine check every byte of each. **double**: its suites run on Linux
against a stand-in for the system's own calls. **tables**: numbers and
structures are compared with that system's headers, and the code has run on Linux with the calls taken away that only Linux has. **untried**: it is Node's own
code, which needs no numbers of ours and did not run there. **–**: the system does not have it.`,
  caveat: ({ name }) => {
    const verified = verifiedOn(name, 'linux', 'x64');
    return verified && `verified ${verified}`;
  },
};

const CHINESE_CAVEATS: Readonly<Record<string, string>> = {
  kqueue: '已用替身和头文件的数值表验证，尚未在 BSD 内核上验证',
  iocp: '已在 Wine 下验证，尚未在 Windows 上验证',
};

const CHINESE: Language = {
  page: 'README.zh-CN.md',
  model: '模型',
  words: {
    kernel: '内核',
    qemu: 'qemu',
    wine: 'Wine',
    double: '替身',
    tables: '数值表',
    node: '未试',
  },
  legend: `**内核**：全部测试套件就在该系统上运行。**qemu**：多路复用与描述符的测试套件作为该处理器的程序，在真实的 Linux 内核上运行；服务器套件运行其中的回显组。
**Wine**：\`select\`、\`poll\` 和完成队列的测试套件在其下运行；\`iocp\` 运行整个服务器套件，其余模型运行回显组，\`blocking-threads\`
还运行停止组；Wine 之外的客户端逐字节检查每一个模型。**替身**：系统自身的调用由替身代替，在 Linux 上运行测试套件。**数值表**：数值与结构已和该系统的头文件核对，
代码在拿走 Linux 独有调用之后在 Linux 上运行过。**未试**：它是 Node 自己的代码，不需要我们的任何数值，也没有在该系统上运行过。**–**：该系统没有它。`,
  caveat: ({ name }) => CHINESE_CAVEATS[name] ?? null,
};

/** Chinese characters take two columns. */
function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 2 : 1), 0);
}

function row(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)));
  return `| ${padded.join(' | ')} |`;
}

function table({ model, words }: Language): string[] {
  const systems = Object.entries(SYSTEMS) as [System, string][];
  const rows = [
    [model, ...systems.map(([, name]) => name)],
    ...MODELS.map(({ name, platforms }) => [
      `\`${name}\``,
      ...systems.map(([system]) => {
        const how = platforms[system];
        return how === undefined ? '–' : words[how];
      }),
    ]),
  ];
  const widths = systems.concat([['linux', model]]).map((_, i) => {
    return Math.max(...rows.map((cells) => widthOf(cells[i] as string)));
  });
  const rule = widths.map((width) => '-'.repeat(width));
  return [rows[0] as string[], rule, ...rows.slice(1)].map((cells) => row(cells, widths));
}

function section(language: Language): string {
  const caveats = MODELS.flatMap((info) => {
    const caveat = language.caveat(info);
    return caveat === null ? [] : [`- ${info.name}: ${caveat}`];
  });
  const parts = [BEGIN, '', ...table(language), '', language.legend, ''];
  return [...parts, ...(caveats.length > 0 ? [...caveats, ''] : []), END].join('\n');
}

/** A page as it is and as it should be. Throws when the page has not both marks. */
export function pages(): { file: string; current: string; wanted: string }[] {
  return [ENGLISH, CHINESE].map((language) => {
    const file = join(projectRoot, language.page);
    const current = readFileSync(file, 'utf8');
    const [begin, end] = [current.indexOf(BEGIN), current.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${language.page} lacks the marks of the table`);
    const wanted = current.slice(0, begin) + section(language) + current.slice(end + END.length);
    return { file, current, wanted };
  });
}

if (isMain(import.meta.url)) {
  for (const { file, current, wanted } of pages()) {
    if (wanted !== current) writeFileSync(file, wanted);
    console.log(`${file}: ${wanted === current ? 'as it should be' : 'written'}`);
  }
}
