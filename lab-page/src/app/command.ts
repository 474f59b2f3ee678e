/** The command of the terminal that runs the same as the controls of the page. */
import type { SceneRequest } from '../../../src/lab/document.ts';

const FLAGS = {
  scenario: '--scenario',
  clients: '--clients',
  messages: '--messages',
  bytes: '--bytes',
  delayMs: '--delay',
  seed: '--seed',
} as const satisfies Partial<Record<keyof SceneRequest, string>>;

/** One line for each model; a scene with a program of its own is opened in the lab. */
export function commandsOf(request: SceneRequest, link: string): string {
  const flags = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap((name) => {
    return request[name] === undefined ? [] : [FLAGS[name], String(request[name])];
  });
  const models = request.models ?? [];
  if (models.length === 0) return `npx polyio lab # ${link}`;
  return models.map((model) => `npx polyio trace --model ${model} ${flags.join(' ')}`).join('\n');
}
