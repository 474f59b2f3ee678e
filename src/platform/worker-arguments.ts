/**
 * What a worker thread is started with beside its file. It inherits Node's flags, but with the one
 * that is about text on the command line it would not load a file.
 */
export function argumentsOfWorkers(): { execArgv?: string[] } {
  return process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};
}
