// The shapes that several files of lib/ share, for the type check alone.

import type { AuditEntry, Delivery, DtmfErrorCode } from '../index.js';

type BodyError = NonNullable<AuditEntry['bodyError']>;

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

/**
 * Fields of a record without names: their order is that of the engine's tables. `any`, since a type by position would
 * write the tables down a second time; they get their types where they get their names.
 */
export type Fields = readonly any[];

/** An injection that has ended (`src/outcome_fields.rs`). */
export interface Ended {
  id: number;
  injectionId: string;
  callId: string | null;
  carrierCompatible: boolean | null;
  timestamp: string;
  queuedMs: number;
  latencyMs: number;
  attemptMs: number | null;
  attempts: number;
  fence: number | null;
  logged: boolean | null;
  playoutMs: number | null;
  unmasking: boolean;
  delivery: Delivery;
  bodyError: BodyError | null;
  /** What the platform answered to an accepted injection. */
  body: string;
  error: Failure | undefined;
}

/** What waits for a record. Methods, since each kind of record has its own reader. */
export interface Waiting {
  /** The object that the work belongs to, kept alive by it. */
  owner: object;
  settled(record: Ended | Settled): void;
  retrying?: ((record: Retrying) => void) | undefined;
  unmasked?: ((record: Unmasked) => void) | undefined;
  /** A line of the engine about it. */
  logged?: ((record: Logged) => void) | undefined;
}

/** What `audit verify` and `audit in-doubt` print of a check (`src/audit_check.rs`). */
export interface AuditReport {
  exitCode: number;
  verdict: string;
  records: number;
  damages: number;
  lost: number;
  anchors: number;
  files: readonly { file: string; torn: number | null }[];
  findings: readonly { file: string; line: number; byte: number; message: string }[];
  inDoubt: readonly AuditDoubt[];
  unknown: readonly AuditDoubt[];
}

export interface AuditDoubt {
  timestamp: string;
  callId: string;
  attempt: number;
  injectionId: string;
  origin: string;
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
  withoutLease(record: { awayMs: number }): unknown;
  leasesAgain(record: { afterMs: number }): unknown;
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

/** What the `read` of a profile gave. `any`, since only that profile looks into it. */
export type AnyAsked = any;
export type AnyProfile = Profile<AnyAsked>;

/** The JavaScript side of a wire profile. `Asked` is what its `read` gives, and nothing but itself looks into it. */
export interface Profile<Asked> {
  read(params: object, dtmfString: string | Uint8Array | null): Asked;
  pack(asked: Asked, dtmfString: string | null): string;
  entryFields(asked: Asked): object;
  payload(asked: Asked, digits: string): object;
}
