import {
  DtmfError,
  isDtmfError,
  type AuditEntry,
  type Delivery,
  type DtmfAbortedError,
  type DtmfAbortedInFlightError,
  type DtmfErrorCode,
  type DtmfErrorResponse,
  type DtmfOutcomeUnknownError,
} from '../../index.js';
import { exhausted, holds, type Same } from './expect.js';

// The codes are a closed list.
holds<
  Same<
    DtmfErrorCode,
    | 'ERR_DTMF_INVALID'
    | 'ERR_DTMF_AUTH'
    | 'ERR_DTMF_SCOPE'
    | 'ERR_DTMF_FORBIDDEN'
    | 'ERR_DTMF_QUEUE_FULL'
    | 'ERR_DTMF_LOCK_TIMEOUT'
    | 'ERR_DTMF_DEADLINE'
    | 'ERR_DTMF_LOCK'
    | 'ERR_DTMF_AFTER_UNKNOWN'
    | 'ERR_DTMF_CONNECT'
    | 'ERR_DTMF_RATE_LIMITED'
    | 'ERR_DTMF_CONFLICT'
    | 'ERR_DTMF_REJECTED'
    | 'ERR_DTMF_SERVER'
    | 'ERR_DTMF_OUTCOME_UNKNOWN'
    | 'ERR_DTMF_AUDIT'
    | 'ERR_DTMF_MASK'
    | 'ERR_DTMF_CALL_ENDED'
    | 'ERR_DTMF_NOT_IN_FOCUS'
    | 'ERR_DTMF_LOCK_LOST'
    | 'ERR_DTMF_STORE'
    | 'ERR_DTMF_CLOSED'
    | 'ABORT_ERR'
  >
>();

// An error never says that the digits were accepted.
holds<Same<DtmfError['delivery'], Exclude<Delivery, 'accepted'>>>();

export function narrowing(caught: unknown): void {
  // @ts-expect-error nothing is known of what was caught
  caught.code;

  if (caught instanceof DtmfError) {
    holds<Same<typeof caught, DtmfError>>();
  }
  if (!isDtmfError(caught)) {
    holds<Same<typeof caught, unknown>>();
    return;
  }
  const asError: Error = caught;
  void asError;
  holds<Same<typeof caught.docs, `docs/errors.md#${Lowercase<typeof caught.code>}`>>();
  holds<Same<typeof caught.attempts, number>>();
  holds<Same<typeof caught.retryable, boolean>>();
  holds<Same<typeof caught.retryAfterMs, number | undefined>>();
  holds<Same<typeof caught.response, DtmfErrorResponse | undefined>>();
  holds<Same<typeof caught.audit, AuditEntry | undefined>>();

  // @ts-expect-error the request is not among the fields
  caught.config;
  // @ts-expect-error the fields are for reading
  caught.code = 'ERR_DTMF_AUTH';
  // @ts-expect-error no such code
  if (caught.code === 'ERR_DTMF_OOPS') return;
  // @ts-expect-error no such delivery
  if (caught.delivery === 'accepted') return;
}

export function byDelivery(error: DtmfError): void {
  if (error.delivery === 'unknown') {
    holds<Same<typeof error, DtmfOutcomeUnknownError | DtmfAbortedInFlightError>>();
    holds<Same<typeof error.safeToResend, false>>();
  } else {
    holds<Same<typeof error.safeToResend, true>>();
  }
}

export function byCode(error: DtmfError): string {
  switch (error.code) {
    case 'ERR_DTMF_INVALID':
    case 'ERR_DTMF_QUEUE_FULL':
    case 'ERR_DTMF_LOCK_TIMEOUT':
    case 'ERR_DTMF_LOCK':
    case 'ERR_DTMF_AFTER_UNKNOWN':
    case 'ERR_DTMF_STORE':
      holds<Same<typeof error.delivery, 'not-sent'>>();
      return error.message;
    case 'ERR_DTMF_FORBIDDEN':
    case 'ERR_DTMF_CONFLICT':
    case 'ERR_DTMF_REJECTED':
    case 'ERR_DTMF_SERVER':
      holds<Same<typeof error.delivery, 'refused'>>();
      return error.message;
    case 'ERR_DTMF_AUTH':
    case 'ERR_DTMF_SCOPE':
    case 'ERR_DTMF_DEADLINE':
    case 'ERR_DTMF_RATE_LIMITED':
    case 'ERR_DTMF_CONNECT':
    case 'ERR_DTMF_AUDIT':
    case 'ERR_DTMF_MASK':
    case 'ERR_DTMF_CALL_ENDED':
    case 'ERR_DTMF_NOT_IN_FOCUS':
    case 'ERR_DTMF_LOCK_LOST':
    case 'ERR_DTMF_CLOSED':
      holds<Same<typeof error.delivery, 'not-sent' | 'refused'>>();
      return error.message;
    case 'ERR_DTMF_OUTCOME_UNKNOWN':
      holds<Same<typeof error.delivery, 'unknown'>>();
      holds<Same<typeof error, DtmfOutcomeUnknownError>>();
      return error.message;
    case 'ABORT_ERR':
      holds<Same<typeof error.name, 'AbortError'>>();
      holds<Same<typeof error, DtmfAbortedError | DtmfAbortedInFlightError>>();
      return error.message;
    default:
      return exhausted(error);
  }
}

// @ts-expect-error programs do not make errors of this class
new DtmfError('no');
