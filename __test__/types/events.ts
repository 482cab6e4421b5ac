import {
  DtmfInjector,
  type AuditEntry,
  type CtiEvent,
  type DtmfErrorCode,
  type SessionEvent,
} from '../../index.js';
import { exhausted, holds, type Same } from './expect.js';

holds<Same<CtiEvent['event'], 'dtmf.injected' | 'dtmf.failed' | 'dtmf.retrying'>>();

export function read(event: CtiEvent): void {
  // @ts-expect-error a retrying event has no entry
  event.auditEntry;

  switch (event.event) {
    case 'dtmf.injected':
      holds<Same<typeof event.callId, string>>();
      holds<Same<typeof event.auditEntry, AuditEntry>>();
      holds<Same<typeof event.payload, unknown>>();
      break;
    case 'dtmf.failed':
      holds<Same<typeof event.callId, string | null>>();
      holds<Same<typeof event.auditEntry, AuditEntry>>();
      // @ts-expect-error nothing was sent, or nobody knows
      event.payload;
      break;
    case 'dtmf.retrying':
      holds<Same<typeof event.callId, string>>();
      holds<Same<typeof event.injectionId, string>>();
      holds<Same<typeof event.attempt, number>>();
      holds<Same<typeof event.delayMs, number>>();
      holds<Same<typeof event.reason, DtmfErrorCode>>();
      break;
    default:
      exhausted(event);
  }
}

export function entry(entry: AuditEntry): void {
  holds<Same<typeof entry.status, 'success' | 'failed' | 'error'>>();
  holds<Same<typeof entry.delivery, 'not-sent' | 'refused' | 'unknown' | 'accepted'>>();
  holds<Same<typeof entry.recognitionRate, 0 | 1>>();
  holds<Same<typeof entry.recognitionSource, 'acceptance'>>();
  holds<Same<typeof entry.errorCode, number | 'unknown' | undefined>>();
  holds<Same<typeof entry.bodyError, 'cut' | 'too-large' | 'unreadable' | `coded: ${string}` | undefined>>();
  holds<Same<typeof entry.validation.frequencies, [low: number, high: number][] | undefined>>();
}

export function ofSessions(injector: DtmfInjector<'agent-session'>): void {
  injector.registerCTIMonitor((event) => {
    if (event.event !== 'session.event') holds<Same<typeof event, CtiEvent>>();
    else holds<Same<typeof event, SessionEvent>>();
  });
}

export function monitors(injector: DtmfInjector): void {
  const unregister = injector.registerCTIMonitor((event) => {
    holds<Same<typeof event, CtiEvent>>();
  });
  holds<Same<typeof unregister, () => void>>();
  injector.registerCTIMonitor(async () => {});
  injector.registerCTIMonitor(() => {});
  // @ts-expect-error not a function
  injector.registerCTIMonitor({});
  // @ts-expect-error there is no such event to take
  injector.registerCTIMonitor((event: { event: 'dtmf.gone' }) => event);
}
