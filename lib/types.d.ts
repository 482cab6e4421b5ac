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
  repeatOf?: string | undefined;
  /** What the program's own code threw and made it fail. */
  thrown?: { cause: unknown } | undefined;
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

/** An injection that has ended. */
export interface Finished {
  /** The values of its audit entry. */
  entry: Fields;
  unmasking: boolean;
  error: Failure | undefined;
  /** The body of an accepted answer, and what events show of it: another text, all or nothing. `null` where it found no memory. */
  answer: readonly [body: string, shown: string | boolean] | null;
}

/** What waits for a record. Methods, since each kind of record has its own reader. */
export interface Waiting {
  /** The object that the work belongs to, kept alive by it. */
  owner: object;
  settled(record: Finished | Settled): void;
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
  prunedAnchors: number;
  uncheckedAnchors: number;
  forgotten: number;
  files: readonly {
    file: string;
    closed: boolean;
    written: boolean;
    next: string | null;
    torn: number | null;
    checked: boolean;
  }[];
  findings: readonly { file: string; line: number; byte: number; message: string }[];
  gaps: readonly { file: string; line: number; lost: number; first: string | null; last: string | null }[];
  inDoubt: readonly AuditDoubt[];
  unknown: readonly AuditDoubt[];
  moreInDoubt: number;
  underWay: number;
}

export interface AuditDoubt {
  timestamp: string;
  callId: string;
  attempt: number;
  injectionId: string;
  origin: string;
}

/** What an injector finds in its audit log (`src/in_doubt.rs`). */
export interface AuditSurvey {
  injections: import('../index.js').InjectionInDoubt[];
  more: number;
  skipped: number;
  damages: number;
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

export interface SessionTold {
  id: number;
  sessionId: string;
  kind: string;
  contactId: string | null;
  status: string | null;
  timestamp: string;
  event: Record<string, unknown>;
  clear: object | null;
}

export interface SessionEnded {
  id: number;
  sessionId: string;
}

export interface SessionNotHeard {
  id: number;
  sessionId: string;
  error: Failure;
}

export interface Logged {
  message: string;
  fields: object;
}

export interface AuditNotice {
  notice: 'anchor' | 'failed' | 'restored' | 'removed';
  text: string;
}

/** What the lane tells an injector beside its injections. */
export interface Receiver {
  lockExpired(record: LockExpired): unknown;
  withoutLease(record: { awayMs: number }): unknown;
  leasesAgain(record: { afterMs: number }): unknown;
  auditNotice(record: AuditNotice): unknown;
  logged(record: Logged): unknown;
  sessionEvent(record: SessionTold): unknown;
  sessionEnded(record: SessionEnded): unknown;
  sessionNotHeard(record: SessionNotHeard): unknown;
  tokenWanted(record: { request: number }): unknown;
  tokenNotWanted(record: { request: number }): unknown;
  tokenRefused(): unknown;
}

export interface SecretWanted {
  request: number;
  option: string;
}

/** What the lane tells an auth client. */
export interface ClientReceiver {
  secretWanted(record: SecretWanted): unknown;
  secretNotWanted(record: { request: number }): unknown;
  tokenRefreshed(): unknown;
  tokenRefreshFailed(record: { error: Failure }): unknown;
}
