/** The stable `code` of every error that is polyio's own and not the kernel's. */
export type PolyioErrorCode =
  | 'ERR_POLYIO_UNSUPPORTED'
  | 'ERR_POLYIO_CLOSED'
  | 'ERR_POLYIO_INTERRUPTED'
  | 'ERR_POLYIO_NOT_ATTACHED'
  | 'ERR_POLYIO_PENDING'
  | 'ERR_POLYIO_ASYNC_PROTOCOL'
  | 'ERR_POLYIO_PROTOCOL'
  | 'ERR_POLYIO_WORKER_DIED';

/** A failure that polyio itself defines. `code` is the contract, `message` is for people. */
export class PolyioError extends Error {
  override readonly name: string = 'PolyioError';
  readonly code: PolyioErrorCode;

  constructor(code: PolyioErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What cannot run here, why, and what to do about it. */
export interface Unsupported {
  /** The model, call or feature that was asked for. */
  readonly model: string;
  /** Why it cannot run here: what the kernel or the platform answered. */
  readonly reason: string;
  /** What to do instead. */
  readonly remedy: string;
}

/** A model or feature that this machine does not have (`ERR_POLYIO_UNSUPPORTED`). */
export class UnsupportedError extends PolyioError implements Unsupported {
  override readonly name = 'UnsupportedError';
  readonly model: string;
  readonly reason: string;
  readonly remedy: string;

  constructor({ model, reason, remedy }: Unsupported, options?: ErrorOptions) {
    super(
      'ERR_POLYIO_UNSUPPORTED',
      `${model} is not available here: ${reason}; ${remedy}`,
      options,
    );
    this.model = model;
    this.reason = reason;
    this.remedy = remedy;
  }
}
