/** The scenes that have a program of their own, by name. */
import type { SceneName } from '../scene.ts';
import type { SceneProgram } from './scene-program.ts';

export const PROGRAMS: Readonly<Partial<Record<SceneName, SceneProgram>>> = {};
