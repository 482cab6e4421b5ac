// The shapes that several files of lib/ share, for the type check alone.

import type { Delivery, DtmfErrorCode } from '../index.js';

/** A failure as the engine describes it (`src/failure.rs`). */
export interface Failure {
  code: string;
  delivery: Exclude<Delivery, 'accepted'>;
  safeToResend: boolean;
  retryable: boolean;
  message: string;
  retryAfterMs?: number | undefined;
  digitsAccepted?: number | undefined;
  response?: Answer | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  data: unknown;
  reason?: string;
  traceId?: string;
}

// What the lane delivers (`src/record.rs`).

export interface Ended {
  callId: string | null;
  error?: Failure;
}

export interface Retrying {
  injectionId: string;
  callId: string;
  attempt: number;
  maxAttempts: number;
  delayMs: number;
  reason: DtmfErrorCode;
}

export interface Unmasked {
  injectionId: string;
  callId: string;
  error?: Failure;
}

export interface Settled {
  value?: unknown;
  error?: Failure;
}

export interface LockExpired {
  lock: number;
  callId: string;
  limitMs: number;
}

export interface SessionEnded {
  sessionId: string;
}

export interface SessionNotHeard {
  sessionId: string;
  error: Failure;
}

export interface Logged {
  message: string;
  fields: object;
}

export interface AuditNotice {
  notice: 'anchor' | 'failed' | 'restored' | 'recovered' | 'altered';
  text: string;
  file: string;
  bytes: number;
}

/** What the lane tells an injector beside its injections. */
export interface Receiver {
  lockExpired(record: LockExpired): unknown;
  withoutLease(): unknown;
  auditNotice(record: AuditNotice): unknown;
  logged(record: Logged): unknown;
  sessionEnded(record: SessionEnded): unknown;
  sessionNotHeard(record: SessionNotHeard): unknown;
  tokenWanted(record: { request: number }): unknown;
  tokenNotWanted(record: { request: number }): unknown;
  tokenRefused(): unknown;
}

/** What the lane tells an auth client. */
export interface ClientReceiver {
  tokenRefreshed(): unknown;
  tokenRefreshFailed(record: { error: Failure }): unknown;
}

/** The JavaScript side of a wire profile. `Asked` is what its `read` gives, and nothing but itself looks into it. */
export interface Profile<Asked> {
  read(params: object, dtmfString: string | Uint8Array | null): Asked;
  pack(asked: Asked, dtmfString: string | null): string;
  entryFields(asked: Asked): object;
  payload(asked: Asked, digits: string): object;
}
