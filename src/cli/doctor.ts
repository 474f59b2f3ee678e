/** `polyio doctor`: what works on this machine, and why the rest does not. */
import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { type Examination, examine, type ModelState } from './machine.ts';
import { color, stdout } from './output.ts';
import { openReport } from './text-output.ts';

const HELP = `
Examples:
  polyio doctor
  polyio doctor --json | node -p 'JSON.parse(fs.readFileSync(0)).defaultModel'

--json prints one object:
  polyio, os, kernel, architecture, cpus, node
  koffi             the version of the library that calls the kernel; null when it does not load
  descriptorLimit   how many files and sockets a process may hold open; null when unknown
  defaultModel      what 'polyio serve' uses; null when none of its candidates works
  models            a list of { model, works, waits, verified, reason, remedy };
                    waits: how it waits, null for models that this version does not have;
                    verified: how it was verified on this system and processor, or
                    where it is at home, null when on the kernel itself;
                    reason, remedy: why it does not work and what to do, null when it works
  hints             sentences about what is worth changing

Exit codes: 0 at least one model works here, 1 none does.`;

/** Without koffi every model has the same reason, which would be read once for each. */
function whyNothingWorks({ models }: Examination): string {
  const state = models.find(({ works }) => !works);
  return `${state?.reason}; ${state?.remedy}`;
}

function describeMachine(found: Examination): string[] {
  const facts: [string, string][] = [
    ['polyio', found.polyio],
    ['system', `${found.os} ${found.kernel}, ${found.architecture}, ${found.cpus} CPUs`],
    ['Node', found.node],
    ['koffi', found.koffi ?? `${color.red('does not load')}: ${whyNothingWorks(found)}`],
    [
      'descriptors',
      found.descriptorLimit === null ? 'unknown' : `${found.descriptorLimit} at most`,
    ],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts.map(([name, value]) => `${color.dim(name.padEnd(width))}${value}`);
}

function describeModel(state: ModelState, width: number, found: Examination): string {
  const { model, works, waits, verified, reason, remedy } = state;
  const isDefault = model === found.defaultModel;
  const mark = works ? color.green('yes') : color.red('no ');
  const refusal =
    found.koffi === null && waits !== null ? 'needs koffi, see above' : `${reason}; ${remedy}`;
  const text = works ? waits : refusal;
  const proof = verified === null ? '' : color.dim(` (verified ${verified})`);
  const note = isDefault ? color.bold(' (default)') : '';
  return `  ${mark}  ${model.padEnd(width)}${text}${proof}${note}`;
}

function describe(found: Examination): string[] {
  const width = Math.max(...found.models.map(({ model }) => model.length)) + 2;
  const { models, hints } = found;
  return [
    ...describeMachine(found),
    '',
    'models',
    ...models.map((state) => describeModel(state, width, found)),
    ...(hints.length === 0 ? [] : ['', 'worth knowing']),
    ...hints.map((hint) => `  ${color.yellow('!')} ${hint}`),
  ];
}

async function run({ json }: { readonly json?: JsonOption }): Promise<void> {
  const output = json === undefined ? null : openReport(json, 'the report');
  const found = examine();
  await output?.write(found);
  if (json !== true) for (const line of describe(found)) stdout.line(line);
  if (found.models.some(({ works }) => works)) process.exitCode = EXIT.fine;
  else throw new Failure('no model works here; the reasons are above');
}

/** Declares the command. */
export function defineDoctor(command: Command): void {
  command
    .description('tell what works on this machine, and why the rest does not')
    .option(JSON_FLAG, 'one JSON object, to standard output or to the file')
    .addHelpText('after', HELP)
    .action(run);
}
