/** The options of `polyio trace`. */
import { type Command, Option } from 'commander';
import { MODELS } from '../servers.ts';
import { SCENARIOS, type Scenario } from '../trace.ts';
import { wrongUsage } from './failure.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { nearestName } from './nearest-name.ts';
import { wholeNumber } from './whole-number.ts';

/** The options as commander hands them over. */
export interface TraceFlags {
  readonly model: string;
  readonly scenario: string;
  readonly clients: number;
  readonly messages: number;
  readonly bytes: number;
  readonly delay: number;
  readonly seed: number;
  readonly out?: string;
  readonly read?: string;
  readonly json?: JsonOption;
}

const SEED_MAX = 2 ** 32 - 1;

function number(flags: string, description: string, range: readonly [number, number]): Option {
  return new Option(flags, description).argParser(wholeNumber(...range));
}

/** Declares every option of the command. */
export function declareTraceOptions(command: Command): void {
  const models = MODELS.map(({ name }) => name).join(', ');
  const scenarios = Object.keys(SCENARIOS).join(', ');
  command
    .option('--model <name>', `the I/O model: ${models}; default asks the kernel`, 'default')
    .option('--scenario <name>', `what the clients do: ${scenarios}`, 'steady')
    .addOption(number('--clients <n>', 'how many clients', [1, 64]).default(3))
    .addOption(number('--messages <n>', 'how many messages each sends', [1, 10_000]).default(10))
    .addOption(number('--bytes <n>', 'the size of a message', [1, 1_048_576]).default(64))
    .addOption(
      number(
        '--delay <ms>',
        'between the messages of a client, a fifth of it by chance',
        [0, 2_000],
      ).default(50),
    )
    .addOption(number('--seed <n>', 'what decides everything by chance', [0, SEED_MAX]).default(1))
    .option('--out <file>', 'write the trace: JSON for *.json, else for ui.perfetto.dev')
    .option('--read <file>', 'summarize a trace that --out has written as JSON, and run nothing')
    .option(JSON_FLAG, 'the summary as one JSON object, to standard output or to the file');
}

/** The scenario that was meant. Throws a Failure that names the nearest one. */
export function checkScenario(name: string): Scenario {
  if (Object.hasOwn(SCENARIOS, name)) return name as Scenario;
  const names = Object.keys(SCENARIOS);
  const nearest = nearestName(name, names);
  const guess = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  throw wrongUsage(`there is no scenario '${name}'${guess}; the scenarios are ${names.join(', ')}`);
}
