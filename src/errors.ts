export { InvariantError, invariant } from './errors/invariant.ts';
export {
  PolyioError,
  type PolyioErrorCode,
  type Unsupported,
  UnsupportedError,
} from './errors/polyio-error.ts';
export { errorName, SystemError, type SystemErrorDetails } from './errors/system-error.ts';
