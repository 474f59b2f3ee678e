/** A platform is a folder of src/sys/, and above it no condition. */
import { sourcesIn, type Tree, type Violation } from '../tree.ts';
import { lineAt } from './comments.ts';

/** Who may ask for the system: where it is told, and lists by system. */
const MAY_ASK: readonly string[] = [
  'src/platform/host.ts',
  'src/errors/system-error.ts',
  'src/readiness/open-selector.ts',
  'src/completion/open-completion-queue.ts',
  'src/servers/models.ts',
  'src/cli/browser.ts',
];

const QUESTIONS: readonly RegExp[] = [
  /\bprocess\.platform\b/g,
  /\bimport\s*\{[^}]*\bHOST\b[^}]*\}\s*from\s*'[^']*\/platform\/host\.ts'/g,
  /\b(if|while) \([^\n]*\bKEVENT_SYSTEM\b|\bKEVENT_SYSTEM [!=]== [^\n]*\?/g,
];

export function checkPlatforms(tree: Tree): Violation[] {
  return sourcesIn(tree, 'src').flatMap(([file, text]) => {
    if (file.startsWith('src/sys/') || MAY_ASK.includes(file)) return [];
    return QUESTIONS.flatMap((question) =>
      [...text.matchAll(question)].map(({ index }) => ({
        file,
        line: lineAt(text, index),
        problem: 'a condition on the system outside src/sys/',
        remedy: 'ask the kernel boundary for what differs, or a list of candidates',
      })),
    );
  });
}
