/** The lab: what a model did a moment ago, recorded. */

export type {
  Chart,
  ChartSeries,
  Fact,
  LabRecord,
  LabRun,
  SceneRequest,
  Source,
} from './lab/document.ts';
export { toCsv } from './lab/export/csv.ts';
export { FIELD, SLICE, toPerfetto } from './lab/export/perfetto.ts';
export { countMethods, type Ports, splitPhases } from './lab/record/phases.ts';
export {
  type RecordedCalls,
  type RecordOptions,
  record,
  recordCalls,
} from './lab/record/recorder.ts';
export {
  createScript,
  type Script,
  type ScriptOptions,
  type Step,
} from './lab/record/script.ts';
export { lengthsOf } from './lab/record/summary.ts';
export { RecordFileError, readRecord, writeRecord } from './lab/record-file.ts';
export { FREE, SCENES, type SceneName } from './lab/scene.ts';
export { type Progress, runScene, type SceneOptions } from './lab/scenes/run-scene.ts';
export { type CheckedRequest, checkRequest, LAB_LIMITS } from './lab/scenes/scene-request.ts';
export type { Info, Limits, ModelChoice, Refusal, RunEvent } from './lab/web/api.ts';
export { type LabOptions, LabServer } from './lab/web/lab-server.ts';
export { SCENARIOS, type Scenario } from './trace.ts';
