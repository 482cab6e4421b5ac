/**
 * A stand-in for the platform, for tests without an account.
 *
 * It listens on 127.0.0.1, knows tokens, calls, playing tones and rate limits, breaks on demand, and
 * keeps a journal of every request and of every sequence that was pressed. It runs on a thread of its
 * own: a blocked event loop or fake timers do not stop it, and it does not keep the process alive.
 *
 * ```js
 * const { startSimulator } = require('cxone-dtmf/simulator')
 *
 * const simulator = await startSimulator()
 * simulator.addCall('call-1')
 * const auth = new CXoneAuthClient(simulator.auth)
 * const injector = new DtmfInjector(auth, { apiUrl: simulator.url })
 * // ... the program under test, with this injector ...
 * assert.deepStrictEqual(simulator.digits('call-1'), ['1234#'])
 * await simulator.stop()
 * ```
 *
 * Options and arguments that break a rule are a `TypeError` whose message names the field.
 * Option fields that are `undefined` count as absent.
 *
 * @packageDocumentation
 */

import type { RuntimeAsyncDisposable } from './index.js';

/** Settings of a simulator. Everything has a default. */
export interface SimulatorOptions {
  /** The port on 127.0.0.1; 0 takes a free one. Default: 0, 0 to 65535. */
  port?: number;
  /** The only client that gets tokens. Default: `'demo-client'`. */
  clientId?: string;
  /** The secret of that client. Default: `'demo-secret'`. */
  clientSecret?: string;
  /** The id of the only access key, of the published grants. Default: `'demo-access-key'`. */
  accessKeyId?: string;
  /**
   * The secret of the access key; real ones have characters that forms must encode, too. Default:
   * `'demo-access-secret='`.
   */
  accessKeySecret?: string;
  /**
   * The tenant that every id token names, and whose configuration can be discovered. Default:
   * `'11eb0d5a-7c2e-4c7e-9d3b-0242ac110002'`.
   */
  tenantId?: string;
  /** Whether the published grants give refresh tokens; each of them serves once. Default: `true`. */
  refreshTokens?: boolean;
  /** The address of the API that discovery tells. Default: the simulator's own. */
  apiEndpoint?: string;
  /**
   * The scopes that the client may have: an array, or a string separated by spaces. Pressing takes the first of the two
   * of the default.
   *
   * A token gets what was asked and is listed here. A scope that is neither listed here nor one of these two
   * answers 400 `invalid_scope`. Default: `['telephony:call:control', 'telephony:line:readwrite']`.
   */
  scopes?: string | readonly string[];
  /** How long a token is valid, in whole milliseconds. Default: 3600000, 1 to 86400000. */
  tokenLifetimeMs?: number;
  /**
   * The agent whose access key it is, and whose session is started or joined unless a request names another. Default: `'4711'`.
   */
  agentId?: string;
  /** Whether recordings can be masked: `CanMask` of `AgentSessionStart`. Where not, a mask is answered 409. Default: `true`. */
  canMask?: boolean;
  /**
   * How long after its 202 a mask takes effect and is confirmed by an event, in whole milliseconds. An unmasking takes effect at
   * once, but not before a mask that was asked for earlier. Default: 0, 0 to 86400000.
   */
  maskDelayMs?: number;
  /** Whether a mask takes effect only at `confirmMask(contactId)`, whatever `maskDelayMs` is. Default: `false`. */
  confirmMasks?: boolean;
  /**
   * What becomes of digits, masks and the rest that come with a session id that a poll has renewed: `'refused'` answers 404. A poll
   * with such an id begins anew in any case, as NICE documents. Default: `'taken'`.
   */
  oldSessionIds?: 'taken' | 'refused';
  /** What becomes of digits for a session in which no contact hears them: `'refused'` answers 404. Default: `'taken'`. */
  digitsToNobody?: 'taken' | 'refused';
  /**
   * What a second poller of one session id does to the events of the first: `'takes'` gives each event to one of them,
   * `'copies'` gives each of them every event. Who joins has an id and events of its own in any case. Default: `'takes'`.
   */
  secondPoller?: 'takes' | 'copies';
  /** Whether every call, session and contact is known, not only those that were added. Default: `false`. */
  autoCalls?: boolean;
  /**
   * How long tones take compared with real time; 0 is no time at all. A sequence plays for digits × (100 ms + interDigitPause) ×
   * timeScale, and is answered when it has played. In an agent session it plays for digits × (toneDurationMS +
   * toneSpacingMS) × timeScale, and is answered at once. Default: 0, 0 to 100.
   */
  timeScale?: number;
  /** How many DTMF requests pass. Default: no limit. */
  rateLimit?: RateLimit;
  /**
   * How long every answer to a DTMF request takes, beside the tones. The call counts as busy meanwhile.
   * Timers have a resolution of one millisecond and round up. Default: no delay.
   */
  latency?: Latency;
  /**
   * Seeds the latency, so that a run can be repeated. Default: 0, 0 to 9007199254740991.
   */
  seed?: number;
  /**
   * How many requests, and how many executions, the journal keeps. The oldest are dropped and
   * counted in `stats().journalDropped`. 0 keeps none and only counts, which is the fastest: for measuring a program.
   * Default: 100000, 0 to 10000000.
   */
  journalLimit?: number;
}

/** How many DTMF requests with a valid token pass within any 60 s; the others answer 429 and press nothing. Refused ones do not count. */
export interface RateLimit {
  /** Over all calls together. Default: no limit, 1 to 1000000. */
  perMinute?: number;
  /** For each call. Default: no limit, 1 to 1000000. */
  perCallPerMinute?: number;
  /** The form of `Retry-After`: seconds, or an HTTP date. Default: `'seconds'`. */
  retryAfter?: 'seconds' | 'date';
}

/** A distribution of delays in milliseconds, each from 0 to one day. */
export type Latency =
  /** Always the same. */
  | { fixedMs: number }
  /** Evenly spread between two bounds. */
  | { minMs: number; maxMs: number }
  /** Log-normal, as services under load look; cut off at ten times `p99Ms`. `p50Ms` is above 0. */
  | { p50Ms: number; p99Ms: number };

/** Where a call lives. A request that names another provider or line answers 404. */
export interface CallOptions {
  /** The provider of the call. Default: any. */
  providerId?: string;
  /** The line of the call. Default: any. */
  lineId?: string;
}

/** What belongs to an agent session. */
export interface SessionOptions {
  /** A contact that is active from the start. Default: none. */
  contactId?: string;
  /** The agent whose session it is, so that it can be joined. Default: an agent of its own. */
  agentId?: string;
}

/** How a session ends. */
export interface SessionEndOptions {
  /** Whether another window of the agent ended it: `RemoteAgentSessionEnd` instead of `AgentSessionEnd`. Default: `false`. */
  elsewhere?: boolean;
}

/** An agent session. */
export interface SessionRecord {
  /** Its first id, which stands for it in the record. */
  sessionId: string;
  /**
   * The newest id of each listener: the first is that of who started the session, or the one that a test added; one more for
   * each that joined.
   */
  newestSessionIds: string[];
  /** The agent. */
  agentId: string;
  /** The station it was started with; empty where there was none. */
  stationId: string;
  /** The telephone number it was started with; empty where there was none. */
  stationPhoneNumber: string;
  /** Whether the agent's telephone is connected. */
  hasAgentLeg: boolean;
  /** Whether it has ended. */
  hasEnded: boolean;
}

/**
 * The state of a contact. The platform's `Status` is the same word, and `Disconnected` for the last two.
 *
 * | state | what it is | hears digits |
 * |---|---|---|
 * | `'incoming'` | it rings at the agent | no |
 * | `'dialing'` | the agent calls, and nobody has answered | no |
 * | `'active'` | agent and contact talk | yes |
 * | `'holding'` | the contact waits | no |
 * | `'masking'` | active, and the recording is masked | yes |
 * | `'joined'` | part of a conference | yes |
 * | `'wrap-up'` | the voice path is gone, `FinalState` is `"False"` | no |
 * | `'disconnected'` | it is gone, `FinalState` is `"True"` | no |
 */
export type ContactState =
  'incoming' | 'dialing' | 'active' | 'holding' | 'masking' | 'joined' | 'wrap-up' | 'disconnected';

/** What a contact is. */
export interface ContactOptions {
  /** Its id. Default: a number that is not taken. */
  contactId?: string;
  /** The state it begins in. Default: `'active'`. */
  state?: ContactState;
  /** The number it calls from, or is called at. Default: empty. */
  ani?: string;
  /** The number that was dialed. Default: empty. */
  dnis?: string;
  /** The skill it came by. Default: empty. */
  skill?: string;
  /** Whether it called. Default: `false`. */
  isInbound?: boolean;
}

/** Where a transfer leads. */
export interface TransferOptions {
  /** The session that gets the call, by any of its ids. Default: the same. */
  toSessionId?: string;
  /** The id of the contact there. Default: a number that is not taken. */
  asContactId?: string;
}

/** A contact that has not gone. */
export interface ContactRecord {
  /** Its id. */
  contactId: string;
  /** The contact that the call began as. */
  masterId: string;
  /** The contact that it was before its last transfer; its own id where there was none. */
  parentContactId: string;
  /** Its state. */
  state: ContactState;
  /** Whether it is the one that hears what is pressed into its session: of those that can, the last to be spoken to. */
  inFocus: boolean;
}

/** The script of a contact was signalled. */
export interface Signal {
  /** The contact. */
  contactId: string;
  /** `p1` to `p9`, as far as they were given. */
  parameters: Record<string, string>;
  /** When, in milliseconds since the start. */
  atMs: number;
}

/** A recording was masked or unmasked. */
export interface MaskChange {
  /** The contact. */
  contactId: string;
  /** Whether its recording is masked from now on. */
  masked: boolean;
  /** When, in milliseconds since the start. */
  atMs: number;
  /** The `seq` of the request that did it. Absent where the test did, with `moveContact` or `pushEvent`. */
  requestSeq?: number;
}

/**
 * How an exchange breaks off. *Executing* means pressing the digits, and for a token request issuing a token.
 *
 * | cut | executed | what the client sees |
 * |---|---|---|
 * | `'before-read'` | no | the connection ends when the head was read: a reset if part of the body is still unread by then, else an end without an answer |
 * | `'after-execute'` | yes | the connection ends without an answer |
 * | `'truncate'` | yes | a status, and half of the announced body |
 * | `'silence'` | no | nothing, as long as it stays |
 * | `'silence-after-execute'` | yes | nothing, as long as it stays |
 * | `'reset'` | yes | a connection reset (RST) without an answer |
 */
export type Cut =
  'before-read' | 'after-execute' | 'truncate' | 'silence' | 'silence-after-execute' | 'reset';

/** What DTMF and token steps share. */
export interface CommonStep {
  /** The status, 200 to 599. Default: 202 for DTMF, 200 for tokens. Not with a cut other than `'truncate'`. */
  status?: number;
  /** Further headers. They replace those of the same name; the simulator alone sets the length of the body. */
  headers?: Record<string, string | number | readonly string[]>;
  /** The body: a string as it stands, anything else as JSON. Default: what fits the status. */
  body?: unknown;
  /** How many requests meet this step, 1 to 1,000,000. Default 1. */
  times?: number;
  /** The wait before the answer or the cut, after executing, in milliseconds up to one day. It stands in for `latency`. */
  delayMs?: number;
  /** How the exchange breaks off. Default: it does not. */
  cut?: Cut;
}

/**
 * What one DTMF request meets instead of the rules: token, payload, call and rate limit are not checked.
 * `{}` executes and answers 202.
 */
export interface Step extends CommonStep {
  /**
   * Whether the digits are pressed. Default: `true` for a 2xx and for the cuts marked so in {@link Cut},
   * else `false`. `{ status: 500, execute: true }` presses and then claims to have failed.
   * A body without a `dtmf` string presses nothing.
   */
  execute?: boolean;
}

/** What one token request meets instead of the rules: client, grant and scope are not checked. `{}` issues a token. */
export interface TokenStep extends CommonStep {
  /** `expires_in` of the answer, any JSON value as it stands; `null` leaves it out. The token itself lives for `tokenLifetimeMs`. */
  expiresIn?: unknown;
  /** `access_token` of the answer, which becomes a valid token; `null` leaves it out. Default: random. */
  accessToken?: string | null;
  /** `scope` of the answer, which is also what the token allows; `null` leaves it out. Default: all of `scopes`. */
  scope?: string | null;
  /** `id_token` of the answer, of the published endpoints; `null` leaves it out. Default: one that names the tenant. */
  idToken?: string | null;
  /** `refresh_token` of the answer, of the published endpoints; `null` leaves it out. A text of your own is not valid. */
  refreshToken?: string | null;
  /** Whether the body breaks off in the middle of its JSON. Default `false`. */
  malformed?: boolean;
}

/** One request, as the journal holds it. No secret, token or digit is in it. */
export interface RequestRecord {
  /** Counts the requests, from 1. */
  seq: number;
  /** When its head was read, in milliseconds since the start. */
  atMs: number;
  /** The HTTP method. */
  method: string;
  /** The path as it was sent, without the query. */
  path: string;
  /**
   * What it was for: a token, digits, a mask, the events of a session, a session or the agent's telephone, a contact or the
   * signal to its script, whose token it is or the business unit, a well-known document. `'other'` was answered 404 or 405.
   */
  kind: 'token' | 'dtmf' | 'mask' | 'events' | 'session' | 'contact' | 'account' | 'discovery' | 'other';
  /** The decoded id of the call or contact; the first id of the session, whichever of its ids was sent. */
  callId?: string;
  /** The status of the answer; `null` while in work, when cut, and when the client left first. */
  status: number | null;
  /** The cut it met. */
  cut: Cut | null;
  /** The headers, names in lower case. Credentials are `Bearer [redacted]` or `[redacted]`. */
  headers: Record<string, string>;
  /** Whether it came while another request of its call was in flight, or while tones were playing in it. */
  overlapped: boolean;
}

/** One sequence that was pressed. It stays in the record when the client leaves while it plays. */
export interface Execution {
  /** Counts the executions, from 1. */
  seq: number;
  /** The call, or the first id of the session. */
  callId: string;
  /** The digits, in clear. */
  digits: string;
  /** RFC2833, SIPINFO or INBAND; whatever was sent when a script skipped the checks. */
  dtmfType: string;
  /** The pause between digits, in milliseconds. */
  interDigitPause: number;
  /** When the first tone began, in milliseconds since the start. */
  startedAtMs: number;
  /** When the last tone ends; later than now while it plays. */
  endedAtMs: number;
  /** The `seq` of the request that pressed it. */
  requestSeq: number;
  /** How long a tone sounds, in milliseconds. Only in a session. */
  toneDuration?: number;
  /** The contact that heard it. Only in a session that had one. */
  contactId?: string;
  /**
   * Whether the recording of the contact was masked when the first tone began, and stayed so to the end of the last, as
   * far as is known by now. Only with a contact.
   */
  masked?: boolean;
}

/** Counters since the start. */
export interface SimulatorStats {
  /** All requests, those for tokens and to wrong addresses too. */
  requests: number;
  /** Requests for tokens. */
  tokenRequests: number;
  /** Sequences that were pressed. */
  executions: number;
  /** DTMF requests that came while another of their call was in flight or playing. 0 proves that calls are locked. */
  overlaps: number;
  /** Requests to mask or unmask a recording. */
  maskRequests: number;
  /** Requests for the next event of a session. */
  eventPolls: number;
  /** Requests for a well-known configuration. */
  discoveryRequests: number;
  /** DTMF requests in work now. One that was cut or silenced is not. */
  inFlight: number;
  /** The most that were in work at once. */
  maxInFlight: number;
  /** The most that were in work at once for one call. */
  maxInFlightPerCall: number;
  /** Requests and executions that the journal dropped to stay within `journalLimit`. */
  journalDropped: number;
}

/** What an auth client takes as it is. */
export interface SimulatorAuth {
  /** The base URL of the token endpoint, `{authUrl}/oauth/token`. */
  readonly authUrl: string;
  /** The client that gets tokens. */
  readonly clientId: string;
  /** Its secret. */
  readonly clientSecret: string;
}

/** All that a program under test is configured with. */
export interface SimulatorCredentials extends SimulatorAuth {
  /** The base URL of the API. */
  readonly apiUrl: string;
}

/** The same with an access key: an auth client takes it with `grant: 'password'`. */
export interface SimulatorAccessKey {
  /** The base URL of the token endpoints. */
  readonly authUrl: string;
  /** The client of the grant `password`. */
  readonly clientId: string;
  /** Its secret. */
  readonly clientSecret: string;
  /** The access key. */
  readonly accessKeyId: string;
  /** Its secret. */
  readonly accessKeySecret: string;
}

/**
 * A running simulator. It speaks the tutorial's API, and the one that NICE publishes.
 *
 * A DTMF request is checked in this order: token (401), scope (403), rate limit (429), payload (400, 413),
 * call, provider and line (404), a sequence of the call still playing (409); then it is pressed and answered 202.
 *
 * A request to an agent session is checked in this order: token (401; scopes are not of this API), rate limit (429),
 * payload (400, 413), session (404); then it is answered 202 and plays. Nothing keeps a sequence from running into the
 * one before: `stats().overlaps` counts it. Ids of calls and of sessions share one name space.
 */
export interface Simulator extends RuntimeAsyncDisposable {
  /** The base URL, `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The port. */
  readonly port: number;
  /** The client of the tutorial's grant: `new CXoneAuthClient(simulator.auth)`. The base URL of the API is `url`. */
  readonly auth: SimulatorAuth;
  /** The same with the base URL of the API, for the settings of a whole program. */
  readonly credentials: SimulatorCredentials;
  /** The client and access key of the published grants: `new CXoneAuthClient({ grant: 'password', ...simulator.accessKey })`. */
  readonly accessKey: SimulatorAccessKey;
  /** Makes a call known and live. A call that is known already, or ended, starts anew. */
  addCall(callId: string, options?: CallOptions): void;
  /** Ends a call: from now on it answers 404. What was pressed stays in the record. */
  endCall(callId: string): void;
  /** Makes an agent session known and live. One that is known already, or ended, starts anew. */
  addSession(sessionId: string, options?: SessionOptions): void;
  /**
   * Ends a session: it answers 404 from now on. Its listeners get an `AgentSessionEnd`, and 409 after it. Its contacts live on: nobody
   * is hung up on.
   */
  endSession(sessionId: string, options?: SessionEndOptions): void;
  /** The sessions, those that were started over HTTP too, in the order in which they began. */
  sessions(): SessionRecord[];
  /**
   * Adds a contact to a session, and returns its id. A contact of this id that the session had before is forgotten. One that begins
   * active or masked puts on hold the one that was.
   */
  addContact(sessionId: string, options?: ContactOptions): string;
  /**
   * Moves a contact, and tells its session. One that becomes active or masked puts on hold the one that was. A `TypeError` when no
   * session has this contact.
   */
  moveContact(contactId: string, state: ContactState): void;
  /**
   * Transfers a contact: it goes, and its call is there under another id, active, with the same `MasterID`. Returns that id. A
   * `TypeError` when no session has this contact, or when the other session is not there.
   */
  transferContact(contactId: string, options?: TransferOptions): string;
  /** The contacts of a session that have not gone. */
  contacts(sessionId: string): ContactRecord[];
  /**
   * Gives a session an event, as it stands, for the listener that waits or the next one that asks. A `CallContactEvent` changes the
   * contact it is about, and adds one that is not there; a session that is told its end has ended.
   */
  pushEvent(sessionId: string, event: object): void;
  /** Every change of the mask on the recording of a contact, oldest first, as far as they are still held. */
  masks(contactId: string): MaskChange[];
  /** Whether the recording of a contact is masked now. */
  isMasked(contactId: string): boolean;
  /**
   * With `confirmMasks`: the mask that was asked for takes effect, and its event is told. A mask of a contact that went meanwhile comes
   * to nothing. A `TypeError` when no mask of this contact waits.
   */
  confirmMask(contactId: string): void;
  /** The signals that the script of a contact got, oldest first, as far as they are still held. */
  signals(contactId: string): Signal[];
  /** The sequences pressed into one call, or into one session by whichever of its ids, oldest first, as far as the journal still holds them. */
  digits(callId: string): string[];
  /** Every request, oldest first, as far as the journal still holds them. */
  requests(): RequestRecord[];
  /** Every sequence that was pressed, oldest first, as far as the journal still holds them. */
  executions(): Execution[];
  /** The counters since the start. */
  stats(): SimulatorStats;
  /**
   * Appends steps for DTMF requests: of one call or session, or of any. Each matching request uses up one, in the
   * order in which the requests arrive; the steps of its call come before the common ones.
   * When one step is wrong, none is appended.
   */
  script(steps: readonly Step[], options?: { callId?: string }): void;
  /** Appends steps for token requests, at whichever endpoint. */
  scriptToken(steps: readonly TokenStep[]): void;
  /** Appends steps for requests that mask a recording, or that unmask one. *Executing* is changing the mask. Default: mask. */
  scriptMask(steps: readonly Step[], options?: { action?: 'mask' | 'unmask' }): void;
  /** Appends steps for requests for events. Such a request waits for no event. Default: 200 without events. */
  scriptEvents(steps: readonly Step[]): void;
  /** Makes every refresh token issued so far invalid. */
  revokeRefreshTokens(): void;
  /** Makes every token issued so far invalid: requests with one of them answer 401. */
  revokeTokens(): void;
  /** Stops listening and closes every connection. The journal stays readable. Stopping twice is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts a simulator; it listens when the promise resolves.
 *
 * Rejects with a `TypeError` that names the field when an option breaks a rule, and with an error whose
 * `code` is `EADDRINUSE` when the port is taken.
 */
export function startSimulator(options?: SimulatorOptions): Promise<Simulator>;
