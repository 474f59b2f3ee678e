/** The command line as a whole: which commands there are, and how each run of one ends. */
import { Command, CommanderError } from 'commander';
import { polyioVersion } from '../platform/version.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { Failure, sentenceOf } from './failure.ts';
import { nearestName } from './nearest-name.ts';
import { complain, stderr, stdout } from './output.ts';

const EXAMPLES = `
Examples:
  polyio serve                                   echo on 127.0.0.1:8080 with the best model here
  polyio serve --model blocking-threads --workers 4
  polyio load --connections 500                  how fast it answers, every byte compared
  polyio bench --quick                           every model side by side, in under 2 minutes
  polyio trace --model epoll                     its two phases, measured
  polyio lab                                     watch them on a page in the browser
  polyio doctor                                  what works on this machine, and why the rest does not

Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 the drain timed out.`;

/** Commander's message, which may have several lines, as one sentence that says where to look further. */
function usageSentence(text: string, command: string): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*\(Did you mean (.*)\?\)$/, ' (did you mean $1?)')
    .replace(/ is invalid\. /, ' is invalid: ')
    .replace(/\. Expected /, ': expected ')
    .replace(/\.$/, '');
  return `${sentenceOf(message)}; '${command} --help' shows what it takes`;
}

/** Each command is loaded when it is asked for: a server should not hold a benchmark in its memory. */
const COMMANDS: Readonly<Record<string, () => Promise<(command: Command) => void>>> = {
  serve: async () => (await import('./serve.ts')).defineServe,
  load: async () => (await import('./load.ts')).defineLoad,
  bench: async () => (await import('./bench.ts')).defineBench,
  trace: async () => (await import('./trace.ts')).defineTrace,
  lab: async () => (await import('./lab.ts')).defineLab,
  doctor: async () => (await import('./doctor.ts')).defineDoctor,
};

/** @param asked the first word: a command that it names is the only one that is loaded */
async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('polyio');
  program
    .description('Every network I/O model, as real code on the real kernel.')
    .version(polyioVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
    });
  const isKnown = asked !== undefined && Object.hasOwn(COMMANDS, asked);
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (!isKnown || name === asked) (await load())(program.command(name));
  }
  return program;
}

/** For `polyio help nonsense`, where commander has no message but prints the help of the whole program. */
function unknownTopic(topic: string, program: Command): string {
  const names = program.commands.map((command) => command.name());
  const nearest = nearestName(topic, names);
  const guess = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `there is no command '${topic}'${guess}; the commands are ${names.join(', ')}`;
}

/** The command that the first words name, as it is typed: `polyio bench compare`. */
function commandNamed(program: Command, [word, ...rest]: readonly string[]): string {
  const inner = program.commands.find((command) => command.name() === word);
  return inner === undefined ? program.name() : `${program.name()} ${commandNamed(inner, rest)}`;
}

function failed(error: unknown, program: Command, args: readonly string[]): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.fine;
    const isTopic = error.code === 'commander.help' && args[1] !== undefined;
    complain(
      isTopic
        ? unknownTopic(args[1] as string, program)
        : usageSentence(error.message, commandNamed(program, args)),
    );
    return EXIT.wrongUsage;
  }
  complain(sentenceOf(error));
  return error instanceof Failure ? error.exitCode : EXIT.failure;
}

/** Runs the command that `args` name, and ends the process with its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<never> {
  const program = await createProgram(args[0]);
  process.exitCode = EXIT.fine;
  try {
    // Somebody who types the bare name wants to know what it is: no mistake.
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
  } catch (error) {
    process.exitCode = failed(error, program, args);
  }
  await Promise.all([stdout.flush(), stderr.flush()]);
  process.exit();
}
