/** The options of `polyio lab`. */
import { type Command, Option } from 'commander';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { wholeNumber } from './whole-number.ts';

/** The options as commander hands them over. */
export interface LabFlags {
  readonly port: number;
  readonly open: boolean;
  readonly json?: JsonOption;
}

const PORT_MAX = 65_535;

/** Declares every option of the command. */
export function declareLabOptions(command: Command): void {
  const port = new Option('--port <n>', 'the port to listen on; 0 asks for a free one');
  command
    .addOption(port.argParser(wholeNumber(0, PORT_MAX)).default(0))
    .option('--no-open', 'open no browser')
    .option(JSON_FLAG, 'what happens as JSON lines, to standard output or to the file');
}
