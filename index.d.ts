/**
 * Presses DTMF digits into live NICE CXone calls: never twice, in order, without leaking a digit.
 *
 * Every promise of this package rejects with a {@link DtmfError}. Branch on `error.delivery` first:
 * it says what is known of the digits. `error.code` says why.
 *
 * All durations are whole milliseconds, at most a day, and all counts are whole numbers; the comment of an option says
 * its default and its limits. An option that is `undefined` counts as absent. An unknown key, a wrong type, `NaN`, a
 * negative or a fractional number is a {@link DtmfInvalidError} that names the field, and the nearest known name of an unknown
 * key. Only own properties of an option object count.
 *
 * TypeScript 5.0 or newer reads these typings, without `skipLibCheck`, `@types/node` or the library of a browser.
 */

// ---------------------------------------------------------------------------------------------------
// The payload
// ---------------------------------------------------------------------------------------------------

/**
 * How the platform plays the digits.
 *
 * * `RFC2833`: RTP telephone-events (RFC 2833, today RFC 4733). Works with every codec.
 * * `SIPINFO`: SIP INFO messages.
 * * `INBAND`: tones in the audio. Only uncompressed codecs such as G.711 keep them intact.
 */
export type DtmfType = 'RFC2833' | 'SIPINFO' | 'INBAND';

/** A key of the DTMF keypad (ITU-T Q.23). */
export type DtmfDigit =
  '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#' | 'A' | 'B' | 'C' | 'D';

/** The low and the high frequency of a key, in hertz. */
export type DtmfFrequencyPair = readonly [low: number, high: number];

/** The two frequencies of each key in hertz, as ITU-T Q.23 defines them: 697–941 and 1209–1633. */
export const DTMF_FREQUENCIES: Readonly<Record<DtmfDigit, DtmfFrequencyPair>>;

/** The values of `dtmfType` that the telephony API names. */
export const SUPPORTED_DTMF_TYPES: readonly DtmfType[];

/** The most digits one injection may have: 16, a rule of the telephony API. */
export const MAX_SEQUENCE_LENGTH: 16;

/** The shortest pause between two digits: 50 ms, a rule of the telephony API. */
export const MIN_INTER_DIGIT_PAUSE: 50;

/** The longest pause between two digits: 1000 ms, a rule of the telephony API. */
export const MAX_INTER_DIGIT_PAUSE: 1000;

/**
 * One injection with `api: 'telephony-v2'`. Other keys are ignored.
 *
 * The three ids are text of 1 to 128 characters out of `A-Z a-z 0-9 . _ ~ : @ + = -`, and neither `.` nor `..`,
 * since they become segments of a URL.
 */
export interface InjectionParams {
  /** The telephony provider of the line. */
  readonly telephonyProviderId: string;
  /** The line of the call. */
  readonly lineId: string;
  /** The call. Injections into one call run one at a time, in the order in which they were asked for. */
  readonly callId: string;
  /**
   * 1 to 16 of `0-9 * # A-D`, with `split` up to 128. Lower case letters are accepted and sent as upper case. As bytes, one for each digit in ASCII,
   * they are wiped in place (filled with 0) before `injectDTMF` returns: strings stay in the heap of JavaScript until they are
   * collected.
   */
  readonly dtmfString: string | Uint8Array;
  /** How the digits are played. */
  readonly dtmfType: DtmfType;
  /** The pause between two digits in milliseconds, whole, 50 to 1000. */
  readonly interDigitPause: number;
}

/**
 * One injection with `api: 'agent-session'`. Any other key is a {@link DtmfInvalidError}.
 *
 * Ids are text of 1 to 128 characters out of `A-Z a-z 0-9 . _ ~ : @ + = -`, and neither `.` nor `..`.
 */
export interface SessionParams {
  /** The agent session, in whose current call the digits are played. Injections into one session run in order. */
  readonly sessionId: string;
  /**
   * 1 to 20 of `0-9 * #`, with `split` up to 128; with `allowAToD` also `A-D`, lower case accepted. 20 is the limit of
   * the platform's own `Dtmf` action; the API names none. With `pauses`, `,` and `w` are half a second of silence and `W` a second, at
   * most 60 of them, which do not count as digits. Bytes are wiped, as in {@link InjectionParams.dtmfString}.
   */
  readonly dtmfString: string | Uint8Array;
  /** How long a tone sounds, in milliseconds, whole, 50 to 5000. Default: 120. */
  readonly toneDuration?: number | undefined;
  /** The silence between two tones in milliseconds, whole, 50 to 1000. Default: 120. */
  readonly interDigitPause?: number | undefined;
  /**
   * The contact that the digits are for. In a session that this process follows they go only while that contact is the one
   * that hears them; once it has left they fail with {@link DtmfCallEndedError}, and while it is on hold or another one is in
   * focus with {@link DtmfNotInFocusError}, not-sent. Until an event has named who is in focus they wait, at most
   * `lockTimeoutMs`. **Without it, or without {@link DtmfInjector.followSession}, digits go to whoever is in focus when they
   * arrive**, and that may be the next caller; `requireContact` makes that an error. Needed for `maskRecording`. The platform writes contact ids as numbers and as
   * text: a whole number from 0 to 9007199254740991 stands for its digits. Text is 1 to 128 characters, as all ids.
   */
  readonly contactId?: string | number | undefined;
  /**
   * Whether the recording of the contact is masked while the digits play. It is masked before the first digit, and
   * unmasked after `playoutMs`, also when the injection failed or was aborted. When it cannot be masked nothing is
   * sent: {@link DtmfMaskError}. The promise does not wait for the unmasking; `close()` and the natural end of the
   * process do, `process.exit()` does not. The session stays locked until then. Default: `false`.
   *
   * The session has to be followed: the platform accepts a mask before it is there, and the first digit waits for the event
   * that confirms it, at most `maskTimeoutMs`. Where one was not confirmed in time, events do not tell any more which mask they
   * are of, so the next one of that contact is asked for 10 seconds after that was taken away, within the deadline. A session
   * whose `CanMask` is false is refused. `unguarded` is the way without.
   */
  readonly maskRecording?: boolean | undefined;
  /**
   * Whether a contact that is on hold, or behind another one, is brought into focus first (`…/activate`). Needs `contactId`.
   * Default: `false`: it fails with {@link DtmfNotInFocusError}.
   */
  readonly focus?: boolean | undefined;
  /**
   * Whether the recording may be masked in a session that nobody in this process follows. The digits then go out on the
   * platform's word: nothing tells whether the mask is there yet, and whether the contact is still the one in focus. Without
   * effect in a followed session. Default: `false`.
   */
  readonly unguarded?: boolean | undefined;
}

/** What only `Other` has and `Own` must not. */
type Without<Other, Own> = { readonly [Key in Exclude<keyof Other, keyof Own>]?: undefined };

/** The values of the option `api`: the tutorial's API, and the one that NICE publishes. */
export type WireProfile = 'telephony-v2' | 'agent-session';

/** One injection of an injector with that `api`. Of several, `sessionId` tells the members apart. */
export type ParamsOf<Api extends WireProfile> = Api extends 'agent-session'
  ? SessionParams & Without<InjectionParams, SessionParams>
  : InjectionParams & Without<SessionParams, InjectionParams>;

/** One injection, in the words of the injector's `api`. */
export type AnyInjectionParams = ParamsOf<WireProfile>;

/** The answer of {@link validateDtmfPayload}. */
export interface ValidationResult {
  /** The frequencies of each digit in hertz, in order. They tell the digits: do not log them. */
  frequencies: [low: number, high: number][];
  /**
   * Whether the sequence has only what carriers and IVRs pass everywhere, that is no A, B, C or D.
   * `false` is information, not an error.
   */
  carrierCompatible: boolean;
  /** Always `true`: a payload that breaks a rule throws. */
  valid: true;
}

/**
 * Checks a payload without sending it.
 *
 * @throws {DtmfInvalidError} when a rule is broken. The message gives the rule and for a digit its
 * position, never the value.
 */
export function validateDtmfPayload(
  dtmfString: string,
  dtmfType: DtmfType,
  interDigitPause: number,
): ValidationResult;

// ---------------------------------------------------------------------------------------------------
// What the runtime has and the typings may not know
// ---------------------------------------------------------------------------------------------------

/** An `AbortSignal`, of Node.js, of a browser or of a library: what is used of it. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** `AbortSignal` where the program's typings have it, so that it can be passed on to `fetch`. */
export type RuntimeAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : AbortSignalLike;

/** `AsyncDisposable` where the program's typings have `Symbol.asyncDispose`, for `await using`. */
export type RuntimeAsyncDisposable = typeof Symbol extends { readonly asyncDispose: infer Key extends symbol }
  ? { [Name in Key]: () => Promise<void> }
  : {};

// ---------------------------------------------------------------------------------------------------
// Tokens
// ---------------------------------------------------------------------------------------------------

/**
 * Takes log lines. winston, pino, `console` and anything of their shape fit.
 *
 * An object with a `bindings()` method is taken for pino and gets `(fields, message)`; every other one gets
 * `(message, fields)`. A logger that throws changes nothing. No line holds a digit, unless
 * {@link InjectorConfig.digits} is `'clear'`, and none ever holds a token or a secret.
 */
export interface Logger {
  /** Tells what went well. */
  info(...args: any[]): unknown;
  /** Tells what was overcome: a resend, a lock that ran out, a monitor that threw. */
  warn(...args: any[]): unknown;
  /** Tells what failed. */
  error(...args: any[]): unknown;
  /**
   * Tells every step of the engine, by injection id. Optional; it is left out where `isLevelEnabled('debug')` says no, and
   * for `console`, which has no levels. The environment variable `CXONE_DTMF_LOG=debug` writes the same lines to standard
   * error, whatever the logger.
   */
  debug?(...args: any[]): unknown;
  /** winston and pino have it. Asked once, when the injector is made. */
  isLevelEnabled?(level: string): boolean;
  /** pino has it. It is looked for, never called. */
  bindings?(): unknown;
}

/** What this client shows to servers that ask who it is, such as gateways, and to no proxy. */
export interface ClientCertificate {
  /**
   * The text of the certificate in PEM form, with those of its issuers below it where the server has not all of them.
   */
  readonly cert: string;
  /**
   * The text of its private key in PEM form, not encrypted: RSA, P-256, P-384 or Ed25519. The copies of this package are wiped,
   * that of its TLS library is not; it is printed nowhere.
   */
  readonly key: string;
}

/**
 * How connections are made. Objects of one thread with equal settings share their connections.
 *
 * Certificates are always checked; no option and no `NODE_TLS_REJECT_UNAUTHORIZED` switches that off. Trusted are
 * Mozilla's roots, the system's where they can be read, those in the file of `NODE_EXTRA_CA_CERTS` (read once, at the
 * start) and `caBundle`. A certificate of the last two that cannot be used is an error that names its place.
 */
export interface ConnectionConfig {
  /**
   * The text of one or more certificates in PEM form that are trusted besides the others: the root of a private
   * authority, or a server's own certificate as `openssl req -x509` makes it. The latter is trusted as that one
   * server's, where it is presented exactly so: its name (`subjectAltName`) and its times count all the same. Default:
   * none.
   */
  readonly caBundle?: string | undefined;
  /** What this client shows to servers that ask who it is. Default: none. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /**
   * How long a connection is kept that is not in use, in milliseconds; less where the server says less by `Keep-Alive`,
   * of which two seconds are left as a margin. 0 keeps none. Default: 4000, 0 to 86400000.
   */
  readonly poolIdleMs?: number | undefined;
  /**
   * The proxy. An `http` or `https` URL, with user name and password if it asks for them (percent-encoded; they are
   * printed nowhere), or `'env'` for what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or
   * not, at the time the object is made. Requests to this machine never go through a proxy. What the environment says
   * counts for `'env'` alone. `NO_PROXY` has entries between commas or blanks: `name`, `.name` and `*.name` for the name
   * and all below it, `name:port`, addresses, ranges (`192.0.2.1-192.0.2.9`), blocks (`192.0.2.0/24`), and `*` for all.
   * Default: none.
   */
  readonly proxy?: string | undefined;
  /**
   * Hosts that plain `http` is allowed to besides this machine, each an exact `host` (all its ports) or `host:port`, at
   * most 32. Tokens, secrets and digits go there readable for everyone on the way. Default: none.
   */
  readonly insecureHosts?: readonly string[] | undefined;
}

/** Options of {@link CXoneAuthClient} that every grant has. */
export interface CommonAuthConfig extends ConnectionConfig {
  /**
   * The base URL of the token endpoint, which depends on the grant. A URL that already ends in a part of its path is
   * completed, not doubled; trailing slashes are dropped. `https`, or `http` to loopback and `insecureHosts`.
   */
  readonly authUrl: string;
  /** The bound on one token request, in milliseconds. Default: 5000, 1 to 86400000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether no HTTP/2 is offered to the token endpoint. Programs of others report that NICE's `/auth/token` fails with it.
   * Default: `false`.
   */
  readonly http1Only?: boolean | undefined;
  /** Takes this client's log lines; `false` for silence. Default: the logger of the injector that uses it. */
  readonly logger?: Logger | false | undefined;
}

/**
 * Gives a secret of the moment, such as out of a vault, so that it can be replaced while the program runs: a string of 1 to
 * 8192 bytes, at once or as a promise.
 *
 * It is called at each request for a token that needs it, once a request, and has 5 seconds; then `signal` aborts. Where it
 * throws, rejects or is too late, the request fails with a {@link DtmfAuthError} that is `retryable`, whose `cause` is what was
 * thrown. Processes of a fleet do not share the tokens of such a client: what seals a shared token is made of its secrets.
 */
export type SecretSource = (options: { readonly signal: RuntimeAbortSignal }) => string | PromiseLike<string>;

/** The tutorial's grant: a client alone (RFC 6749 §4.4), by a form to `{authUrl}/oauth/token`. NICE publishes no such grant. */
export interface ClientCredentialsConfig extends CommonAuthConfig {
  /** How tokens are asked for. Default: `'client_credentials'`. */
  readonly grant?: 'client_credentials' | undefined;
  /** The client id. */
  readonly clientId: string;
  /**
   * The client secret, or a function that gives it, asked at each request for a token. It is kept in memory that is wiped, and
   * printed nowhere.
   */
  readonly clientSecret: string | SecretSource;
  /**
   * Where client id and secret go: into the form, or into the header `Authorization` (RFC 6749 §2.3.1). NICE registers an
   * application for one of the two. Default: `'body'`.
   */
  readonly clientAuthentication?: 'body' | 'basic' | undefined;
  /**
   * The scopes to ask for, separated by blanks. An answer that grants fewer is an {@link DtmfScopeError} at once; an
   * answer that names none counts as granted. Default: `telephony:call:control telephony:line:readwrite`; none with
   * grant `password`.
   */
  readonly scope?: string | undefined;
}

/**
 * The grant that NICE names for back ends (RFC 6749 §4.3): an access key in the place of user name and password, and a
 * client, by a form to `{authUrl}/auth/token`. Refresh tokens are used where an answer brings one.
 */
export interface PasswordConfig extends CommonAuthConfig {
  /** How tokens are asked for. */
  readonly grant: 'password';
  /** The id of the access key, from the page of its user in the tenant. */
  readonly accessKeyId: string;
  /**
   * The secret of the access key, or a function that gives it, asked at each request for a token. It is kept in memory that is
   * wiped, and printed nowhere.
   */
  readonly accessKeySecret: string | SecretSource;
  /** The client id that NICE registered. */
  readonly clientId: string;
  /** The client secret that NICE registered, or a function that gives it, asked at each request for a token. */
  readonly clientSecret: string | SecretSource;
  /**
   * Where client id and secret go: into the form, or into the header `Authorization` (RFC 6749 §2.3.1). NICE registers an
   * application for one of the two; an endpoint that answers 401 `invalid_client` may take the other. Default: `'body'`.
   */
  readonly clientAuthentication?: 'body' | 'basic' | undefined;
  /**
   * The scopes to ask for, separated by blanks, such as `openid`. Default: `telephony:call:control
   * telephony:line:readwrite`; none with grant `password`.
   */
  readonly scope?: string | undefined;
}

/**
 * An access key alone, by JSON to `{authUrl}/authentication/v1/token/access-key`. Refresh tokens are used where an answer
 * brings one, at `{authUrl}/public/user/refresh`, or where that is not there by a form to `{authUrl}/auth/token`, without a
 * client.
 */
export interface AccessKeyConfig extends CommonAuthConfig {
  /** How tokens are asked for. */
  readonly grant: 'access-key';
  /** The id of the access key, from the page of its user in the tenant. */
  readonly accessKeyId: string;
  /**
   * The secret of the access key, or a function that gives it, asked at each request for a token. It is kept in memory that is
   * wiped, and printed nowhere.
   */
  readonly accessKeySecret: string | SecretSource;
}

/** Where {@link CXoneAuthClient} gets its tokens. An option of another grant is a {@link DtmfInvalidError}. */
export type AuthConfig = ClientCredentialsConfig | PasswordConfig | AccessKeyConfig;

/** Options of {@link CXoneAuthClient.getAccessToken}. */
export interface TokenOptions {
  /** Ends the wait of this caller. Others who share the request are not disturbed. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What {@link CXoneAuthClient.config} shows: the options without secrets and without the logger. */
export type ShownAuthConfig = Shown<AuthConfig, 'clientSecret' | 'accessKeySecret' | 'logger'>;

/** What {@link DtmfInjector.config} shows: the options without secrets, headers, and what is no plain value. */
export type ShownInjectorConfig = Shown<InjectorConfig, 'headers' | 'logger'>;

/** Of each member of a union, all but these keys. */
type Shown<Config, Hidden extends PropertyKey> = Config extends unknown
  ? Readonly<Omit<Config, Hidden>>
  : never;

/**
 * Gets tokens and keeps the current one.
 *
 * Any number of callers share one request. A token is no longer given out 30 seconds before its end, or half its life if that is
 * less, and is replaced ahead of that by whoever asks: after four fifths of its life, or half of that margin ahead of it. An answer without a readable lifetime counts for 300 seconds.
 */
export class CXoneAuthClient {
  /** @throws {DtmfInvalidError} when an option breaks a rule. */
  constructor(config: AuthConfig);

  /**
   * The options as they were given, deeply frozen, without the logger, `clientSecret`, `accessKeySecret`, and user and
   * password of a proxy.
   *
   * @throws {DtmfInvalidError} when it is set: make a new client.
   */
  readonly config: ShownAuthConfig;

  /**
   * The token that would be given now without a request, or `null`. No print, no JSON and no copy of the client shows it.
   *
   * Set to `null`, `undefined` or `''` it forgets the token, as {@link invalidateToken} does.
   *
   * @throws {DtmfInvalidError} when it is set to anything else, unless a subclass has a `getAccessToken` of its own: then the
   * subclass may keep its token here. For tokens of your own pass a {@link TokenSource} in place of the client.
   */
  get token(): string | null;
  set token(value: string | null | undefined);

  /**
   * Until when that token is given, in milliseconds since 1970, rounded down; 0 without one. It ends ahead of the token's own
   * end, by 30 seconds or half its life, whichever is shorter.
   *
   * Set to a time that is over, such as `0`, or to `null` or `undefined`, it forgets the token. Otherwise as `token`.
   */
  get tokenExpiry(): number;
  set tokenExpiry(value: number | null | undefined);

  /**
   * The current token, fetched when there is none.
   *
   * It may be overridden by a subclass, replaced on the object or the prototype, as by a spy, and put back: an injector looks
   * each time that it needs a token, and calls what it finds.
   *
   * Rejects with `ERR_DTMF_AUTH`, `ERR_DTMF_SCOPE`, `ERR_DTMF_CONNECT`, `ERR_DTMF_INVALID` or `ABORT_ERR`.
   */
  getAccessToken(options?: TokenOptions): Promise<string>;

  /**
   * Forgets the token: the next call fetches a new one. An injector calls it after a 401 where it was replaced or overridden;
   * then it asks `getAccessToken` for every token, too.
   *
   * @throws {DtmfInvalidError} when it is called without its object.
   */
  invalidateToken(): void;
}

/**
 * A token source of your own, in the place of {@link CXoneAuthClient}.
 *
 * It is asked once per injection; injections that ask at the same time share one call. It must answer within
 * 5 seconds. When it rejects, or answers with what is no bearer token (RFC 6750 §2.1), the injection fails with
 * `ERR_DTMF_AUTH`, not-sent.
 *
 * `error.cause` is what it threw. `retryable` is true for what may pass, read of it as axios, got, fetch and undici write
 * it: a connection or a name that failed, a time-out, and the statuses 408, 425, 429 and 5xx. `retryAfterMs` is read of the headers
 * of its `response`. `injectWithRetry` then asks again. A {@link DtmfError}, as of a wrapped {@link CXoneAuthClient}, speaks for
 * itself.
 */
export interface TokenSource {
  /** The token, without `Bearer `. The signal fires when nobody waits for the answer any more. */
  getAccessToken(options: { readonly signal: RuntimeAbortSignal }): Promise<string>;
  /** Told when the platform answered 401 to a token. Optional; what it throws changes nothing. */
  invalidateToken?(): unknown;
}

// ---------------------------------------------------------------------------------------------------
// The injector
// ---------------------------------------------------------------------------------------------------

/**
 * Why an outcome is unknown, as far as it can be named: a status, no answer in time, or a connection that ended
 * after the digits were handed over.
 */
export type UnknownCause = '408' | '500' | '502' | '503' | '504' | 'timeout' | 'connection-lost';

/**
 * Which unknown outcomes are sent again: none, all, or the named ones.
 *
 * **Digits may be pressed twice.** Harmless for a `0` that calls the operator, wrong for a PIN.
 */
export type ResendWhenUnknown = boolean | readonly UnknownCause[];

/** How refused and unsent requests are sent again. */
export interface RetryConfig {
  /**
   * The first back-off in milliseconds; it doubles from attempt to attempt, with full jitter. A 429 without
   * `Retry-After` waits with equal jitter from 1 second instead. Default: 200, 0 to 86400000.
   */
  readonly baseMs?: number | undefined;
  /**
   * The longest back-off in milliseconds, not less than `baseMs`; it shortens no wait after a 429. Default: 4000, 0
   * to 86400000.
   */
  readonly capMs?: number | undefined;
  /**
   * Tokens for resends, shared by all calls of the injector: a resend costs 14, after a 429 it costs 5; a success
   * gives 1 back and every second 10. When they are used up, nothing is sent again. 0: never. 500 is the figure of
   * the AWS SDKs. Default: 500, 0 to 1000000.
   */
  readonly budget?: number | undefined;
}

/**
 * How many requests of one injector may leave. At least one of the two limits must be there.
 *
 * First in, first out: of the injections whose call is free, the one submitted first gets the next slot, before a token is fetched.
 * One that still waits for its call takes none. In a fleet that holds within each injector, and processes take turns. A
 * wait that is known not to end before the deadline fails at once with `ERR_DTMF_RATE_LIMITED`, not-sent, and `retryAfterMs`. Every attempt
 * counts. When the platform answers 429 with a `Retry-After`, every call of the injector waits for it.
 */
export interface RateLimit {
  /** Requests in a minute, all calls together. Default: no limit, 1 to 1000000. */
  readonly perMinute?: number | undefined;
  /** Requests in a minute for each call. Default: no limit, 1 to 1000000. */
  readonly perCallPerMinute?: number | undefined;
  /** Requests that may leave at once after a quiet time, for either limit. Default: 1, 1 to 1000000. */
  readonly burst?: number | undefined;
}

/** When a file of the audit log is followed by a new one; the two are linked, and nothing is removed. */
export interface AuditRotation {
  /** At this length, in bytes. Default: 67108864, 4096 to 17179869184. */
  readonly bytes?: number | undefined;
  /** At this age, in hours. Default: 24, 1 to 8784. */
  readonly hours?: number | undefined;
}

/**
 * A log in which an *intent* is safe before the first byte of an attempt leaves, and an *outcome* before the promise
 * settles. `docs/audit-log.md` has the format, what it proves and what it cannot. No digit is in it, nor a hash of any.
 *
 * A process writes only files that it has made itself, one after the other, and neither reads nor touches others. Injectors
 * of one process with the same directory share one log, and must have the same settings.
 */
export interface AuditLogConfig {
  /** The folder, which must exist. Every process makes files of its own in it, with mode 0600. */
  readonly directory: string;
  /**
   * The key of the chain (HMAC-SHA-256), at least 16 bytes; a string counts in UTF-8. Without it the chain (SHA-256) shows
   * damage, but whoever can write the file can forge it. Default: none.
   */
  readonly key?: string | Uint8Array | undefined;
  /**
   * When a record counts as written: when the disk has it (`'fsync'`), when the operating system has it (`'os'`: outlives the
   * process, not a power failure), or at once (`'none'`: injections wait for nothing, and what cannot be written is noticed
   * by the one after it). Default: `'fsync'`.
   */
  readonly durability?: 'fsync' | 'os' | 'none' | undefined;
  /**
   * What happens to injections while it cannot be written, or takes longer than 2 seconds for a record: they fail unsent with
   * `ERR_DTMF_AUDIT` (`'block'`), or go on (`'continue'`), and the log says in a `gap` which records it lost. Default: `'block'`.
   */
  readonly onFailure?: 'block' | 'continue' | undefined;
  /** When a new file is begun. */
  readonly rotate?: AuditRotation | undefined;
  /**
   * Takes an anchor, three lines of text, to be kept elsewhere: after 1000 records, after 60 seconds, when a file is followed
   * by another, and at the end. With it the loss of the log's end can be seen. What it throws is logged, without its
   * message, and changes nothing else. Default: none.
   */
  readonly onAnchor?: ((anchor: string) => unknown) | undefined;
}

/**
 * Several processes press the digits of one call in order and never together: they meet in Redis 6 or newer, or in Valkey.
 *
 * At most one process sends into a call while Redis neither fails over unnoticed nor jumps its clock. All processes of a
 * fleet must have the same settings. `rateLimit` is that of all together, and a `CXoneAuthClient` shares its token. No digit, and nothing computed from one, reaches Redis; ids of calls only as a digest.
 */
export interface FleetConfig {
  /**
   * `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. An array names nodes of a cluster, which are
   * all logged in to like the first. With `sentinels` it says how the master is logged in to, and its host is not used.
   * Default: required without `sentinels`.
   */
  readonly url?: string | readonly string[] | undefined;
  /**
   * The Sentinels that know where the master is: URLs as above, without a database; the usual port is 26379. Only with
   * `master`. Without `url` the master is logged in to like the first of them.
   */
  readonly sentinels?: readonly string[] | undefined;
  /** The name under which the Sentinels know the master: characters of `A-Z a-z 0-9 . _ -`. Only with `sentinels`. */
  readonly master?: string | undefined;
  /** Parts fleets that share a server: 1 to 64 characters of `A-Z a-z 0-9 . _ : -`. Default: `'dtmf'`. */
  readonly prefix?: string | undefined;
  /**
   * What happens while Redis is away, or has not answered in time twice: injections fail unsent with `ERR_DTMF_STORE`
   * (`'fail'`), or go on with the order of this process alone (`'local'`), with a warning and `audit.fence` null.
   * Default: `'fail'`.
   */
  readonly onUnavailable?: 'fail' | 'local' | undefined;
  /**
   * How long a process that died keeps its calls, in milliseconds: at least 1.5 times the sum of `timeoutMs` and a second. It is
   * renewed when a third of it has passed. Default: 20000, or 1.5 times the sum of `timeoutMs` and a second if that is more, 1
   * to 86400000.
   */
  readonly leaseMs?: number | undefined;
  /** How many processes share `rateLimit` while Redis is away: each goes by its share. Default: 1, 1 to 1000000. */
  readonly processes?: number | undefined;
  /** The bound on one command, in milliseconds, less than a third of `leaseMs`. Default: 500, 1 to 86400000. */
  readonly timeoutMs?: number | undefined;
  /** The bound on making a connection to Redis, in milliseconds. Default: 1000, 1 to 86400000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Certificates (PEM) to trust besides Mozilla's, the system's and `NODE_EXTRA_CA_CERTS`; without it the injector's
   * `caBundle` holds. Default: the injector's `caBundle`.
   */
  readonly caBundle?: string | undefined;
}

/** Options of {@link DtmfInjector} that both wire profiles have. Everything has a default. */
export interface CommonInjectorConfig extends ConnectionConfig {
  /** The bound on one attempt, in milliseconds. Past it the outcome is unknown. Default: 10000, 1 to 86400000. */
  readonly timeoutMs?: number | undefined;
  /** The bound on making a connection, in milliseconds. Past it nothing was sent. Default: 2000, 1 to 86400000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The bound on a whole injection, in milliseconds: queue, token, back-off and all attempts. Default: 30000, 1 to
   * 86400000.
   */
  readonly deadlineMs?: number | undefined;
  /** The bound on the wait for a call's lock, in milliseconds; 0 does not wait. Default: 20000, 0 to 86400000. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How long a manual lock may be held, in milliseconds. Then it is released with a warning, once what is in flight
   * under it has settled. Default: 60000, 1 to 86400000.
   */
  readonly lockHoldMs?: number | undefined;
  /**
   * How many may wait for one call in the whole process. One more fails with `ERR_DTMF_QUEUE_FULL`. Default: 32, 0 to
   * 1000000.
   */
  readonly maxWaitingPerCall?: number | undefined;
  /** How many may wait in this injector. One more fails with `ERR_DTMF_QUEUE_FULL`. Default: 10000, 0 to 1000000. */
  readonly maxWaiting?: number | undefined;
  /** How many requests of this injector are under way at once. Others wait their turn. Default: 256, 1 to 1000000. */
  readonly maxInFlight?: number | undefined;
  /** How requests are sent again. It never sends what may have been carried out. */
  readonly retry?: RetryConfig | undefined;
  /** Which unknown outcomes are sent again. Default: `false`. {@link ResendWhenUnknown} names the danger. */
  readonly resendWhenUnknown?: ResendWhenUnknown | undefined;
  /**
   * Whether a sequence that is longer than one request takes (16 digits, in a session 20) goes out in several, at most
   * 128 digits in all. Default: `false`. {@link InjectionOptions.split} says more.
   */
  readonly split?: boolean | undefined;
  /**
   * Whether 500 and 503 mean that nothing was carried out, as the tutorial's API promises. With `false` a 500, and
   * a 503 without a valid `Retry-After`, leave the outcome unknown; `agent-session` promises nothing.
   * Default: `true` for `telephony-v2`, `false` for `agent-session`.
   */
  readonly atomicServerErrors?: boolean | undefined;
  /**
   * What becomes of those who wait behind an unknown outcome of the same call. `'reject-queued'`: they fail with
   * `ERR_DTMF_AFTER_UNKNOWN`, because a `#` behind a PIN that nobody knows of presses the wrong thing.
   * `'continue'`: they go on. `'block'`: they fail, and so does whatever comes after them until
   * {@link DtmfInjector.resolve}: for the contact where the unknown one had a `contactId`, else for the call or session. A
   * block holds for every injector and worker thread of the process, whatever theirs says, and under manual locks too;
   * digits without a `contactId` may reach the blocked contact and fail as well. It is not shared by a `fleet`.
   * Default: `'reject-queued'`.
   */
  readonly afterUnknown?: 'reject-queued' | 'continue' | 'block' | undefined;
  /**
   * How long the contact, call or session takes nothing more at most, with `afterUnknown: 'block'`, in milliseconds. The
   * process keeps 10,000 blocks; with one more, that which would end first ends. Default: 300000, 1 to 86400000.
   */
  readonly blockUnknownMs?: number | undefined;
  /**
   * How long after an unknown outcome the same digits are not sent to the same call again, in milliseconds: a repeat rejects
   * with `ERR_DTMF_OUTCOME_UNKNOWN`, `attempts: 0` and `repeatOf`. The time runs from the outcome, and a repeat does not
   * make it longer. It ends before by {@link DtmfInjector.resolve}, by other digits of that call that were accepted since, or
   * by the end of a followed session. It holds for all injectors and worker threads of the process, also after `close()`;
   * other processes do not know of it. Digits in lower case are the same, and so are those with other pauses, tones and
   * type; those of another `contactId` are not. What was submitted before the outcome was told is no repeat:
   * `afterUnknown` says what becomes of it; `resendWhenUnknown` within one injection is not held back. A keyed hash of the digits is kept, in memory alone; that of at most 10,000
   * sequences, and with one more, that which would end first may be sent again. 0: what this injector leaves unknown is not
   * remembered, and its own injections are not compared. Default: 30000, 0 to 86400000.
   */
  readonly repeatGuardMs?: number | undefined;
  /** How many requests may leave. Without it a 429 holds back its own call only. Default: no limit. */
  readonly rateLimit?: RateLimit | undefined;
  /** Keeps a record that outlives the process. Default: none. */
  readonly auditLog?: AuditLogConfig | undefined;
  /**
   * Shares the order of every call, the rate limit and the token with other processes. Without it the order is that of
   * this process. Default: none.
   */
  readonly fleet?: FleetConfig | undefined;
  /**
   * Whether digits are shown. `'masked'`: entries, events and log lines have `*****` in their place.
   * `'clear'` shows them and their frequencies; they may be card numbers. Default: `'masked'`.
   */
  readonly digits?: 'masked' | 'clear' | undefined;
  /**
   * Headers for all requests but those for tokens and discovery, at most 32: names are HTTP tokens of 1 to 128 characters, values 1 to 4096
   * characters of visible ASCII, with blanks between. Values are printed nowhere. What this package sets itself, such
   * as `Authorization`, `Content-Type` or `Host`, cannot be replaced. Default: none.
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * The `User-Agent` of all requests but those for tokens and discovery, 1 to 256 characters of visible ASCII, with blanks between. Default:
   * `cxone-dtmf/<version>`.
   */
  readonly userAgent?: string | undefined;
  /** Takes the log lines; `false` for silence. Default: JSON lines on standard output. */
  readonly logger?: Logger | false | undefined;
}

/** Options of an injector that speaks the tutorial's API, which NICE does not publish. */
export interface TelephonyConfig extends CommonInjectorConfig {
  /**
   * The base URL of the API. `https`, or `http` to loopback and `insecureHosts`. Trailing slashes are dropped.
   */
  readonly apiUrl: string;
  /** The wire profile. Default: `'telephony-v2'`. */
  readonly api?: 'telephony-v2' | undefined;
}

/** Options of an injector that speaks the API which NICE publishes: `POST …/agent-sessions/{sessionId}/send-dtmf`. */
export interface SessionConfig extends CommonInjectorConfig {
  /**
   * The base URL of the API, below which `/InContactAPI/services/…` is, such as `https://api-na1.niceincontact.com`.
   * `https`, or `http` to loopback and `insecureHosts`. Trailing slashes are dropped.
   *
   * `'discover'` takes `resource_server_base_uri` of the token's answer, or asks `/.well-known/cxone-configuration` for the tenant
   * that the id token or the access token names, at the issuer of that token where its host is allowed, else at `authUrl`. It
   * takes a {@link CXoneAuthClient}. An address outside NICE's domains and `discoverHosts` is refused before anything connects
   * to it: `ERR_DTMF_AUTH`, not-sent.
   */
  readonly apiUrl: string;
  /** The wire profile. */
  readonly api: 'agent-session';
  /**
   * The version in the path: `v`, 1 to 3 digits, `.`, 1 or 2 digits. Several are live on a tenant; NICE's own agent SDK calls
   * `v23.0`. Default: `'v23.0'`.
   */
  readonly apiVersion?: string | undefined;
  /**
   * Where the digits stand: in a JSON body, as NICE's SDK sends them, or in the query of the address, as its portal
   * documents them. Digits in addresses end up in access logs. Default: `'json'`.
   */
  readonly encoding?: 'json' | 'query' | undefined;
  /** Whether `A`, `B`, `C` and `D` are digits. Carriers and IVRs often drop them. Default: `false`. */
  readonly allowAToD?: boolean | undefined;
  /**
   * Whether the session stays locked until the accepted tones have been played: digits × (tone + pause) and a guard
   * of 250 ms. The platform answers before it plays, so without it the next sequence may run into this one. Also
   * after an unknown outcome. The promise, an abort and `close()` do not wait for it. Default: `'hold'`.
   */
  readonly playout?: 'hold' | 'none' | undefined;
  /**
   * Whether an injection without `contactId`, or into a session that is not followed, is a {@link DtmfInvalidError}: its digits
   * would go to whoever is in focus when they arrive. Default: `false`.
   */
  readonly requireContact?: boolean | undefined;
  /**
   * How long the first digit waits for the event that confirms the mask of the recording, in a followed session, in
   * milliseconds, whole. Past it the injection fails with {@link DtmfMaskError} and the recording is
   * unmasked. Default: 5000, 1 to 86400000.
   */
  readonly maskTimeoutMs?: number | undefined;
  /**
   * Whether `,` and `w` (half a second) and `W` (a second) in `dtmfString` pause. The digits between pauses are sent one
   * request after the other under one lock. When one of them fails nothing is sent again, and
   * `error.digitsAccepted` says how far it came. Default: `false`.
   */
  readonly pauses?: boolean | undefined;
  /**
   * Hosts that a discovered address may have besides NICE's, each an exact `host` or `host:port`, at most 32: tokens and
   * digits go there. NICE's are `*.niceincontact.com`, `*.nice-incontact.com`, `*.nicecxone.com`, and with all below them
   * `nicecxone-sov1.au`, `nicecxone-sov1.eu`, `nicecxone-sov1.uk`, `nicecxone-sov2.uk`, `nicecxone-gov.com`. Default: none.
   */
  readonly discoverHosts?: readonly string[] | undefined;
}

/** Options of {@link DtmfInjector}. Everything but `apiUrl` has a default. `api` says which params it takes. */
export type InjectorConfig = (TelephonyConfig & Without<SessionConfig, TelephonyConfig>) | SessionConfig;

/** Options of one injection. */
export interface InjectionOptions {
  /** Ends the injection: not-sent while it waits, unknown once the digits were handed over. */
  readonly signal?: AbortSignalLike | undefined;
  /** The bound on this injection, in milliseconds. Default: that of the injector, 1 to 86400000. */
  readonly deadlineMs?: number | undefined;
  /**
   * The most attempts; {@link injectWithRetry} says its own. The resend after a refused token and resends of what
   * never left do not count. Default: 1, 1 to 1000000.
   */
  readonly maxAttempts?: number | undefined;
  /** A lock on this call that the program holds. Without it the injection waits for that lock like everyone else. */
  readonly lock?: ChannelLock | undefined;
  /** Which unknown outcomes of this injection are sent again. Default: that of the injector. */
  readonly resendWhenUnknown?: ResendWhenUnknown | undefined;
  /**
   * Whether a sequence that is longer than one request takes (16 digits, in a session 20) goes out in several, at most
   * 128 digits in all. Default: that of the injector. The pieces are as few and as even as can be, and go out in order,
   * under one lock and against one deadline, each when the tones before it have been played; `telephony-v2` does not say
   * when that is, so 120 ms a tone are allowed for unless the answer came late enough to be behind them. When one fails
   * after another was accepted, nothing is sent again: `delivery` is `unknown`, and `error.digitsAccepted` says how far
   * it came. Without it a longer sequence is a {@link DtmfInvalidError}.
   */
  readonly split?: boolean | undefined;
  /**
   * The bound on the wait for the call's lock, in milliseconds; 0 does not wait. Default: that of the injector, 0 to
   * 86400000.
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * The trace that the injection belongs to, as W3C Trace Context writes it: `00-{32 hex}-{16 hex}-{2 hex}`, in lower case.
   * It goes along with every request for digits. Default: none.
   */
  readonly traceparent?: string | undefined;
  /**
   * What the program calls the injection: 1 to 128 of `A-Z a-z 0-9 . _ ~ : @ + = / -`. It goes along with every request for
   * digits, as `CorrelationId` with `api: 'agent-session'` and as `X-Correlation-Id` else, and into the entry. Default: none.
   */
  readonly correlationId?: string | undefined;
}

/** Options of {@link DtmfInjector.acquireChannelLock} and {@link DtmfInjector.withChannelLock}. */
export interface LockOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * The bound on the wait, in milliseconds; 0 does not wait. Default: `lockTimeoutMs` of the injector, 0 to 86400000.
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@link DtmfInjector.close}. */
export interface CloseOptions {
  /**
   * How long to wait for what is in flight, in milliseconds; 0 does not wait. Default: `timeoutMs` of the injector, 0
   * to 86400000.
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * The right to press into one call, held by the program over several injections. Pass it as `{ lock }`.
 *
 * It is released by itself after `lockHoldMs`. `await using` releases it too, where the runtime has `Symbol.asyncDispose`.
 */
export interface ChannelLock extends RuntimeAsyncDisposable {
  /** The call. */
  readonly callId: string;
  /**
   * Gives the lock to whoever waits next, once all that was queued under it has settled.
   *
   * A second release rejects with `ERR_DTMF_LOCK`; a first one after the lock ran out by itself resolves.
   */
  release(): Promise<void>;
}

/** A successful injection. `Data` is what the program takes the answer for; nothing checks it. */
export interface InjectionResult<Data = unknown> {
  /** The platform answered 2xx. */
  success: true;
  /**
   * The answer: what `JSON.parse` reads, a byte order mark in front left out, else text. `null` when it was empty, cut, unreadable,
   * longer than 64 KB or under a content coding that cannot be undone; then, unless it was empty, `audit.bodyError` says which. It
   * is yours and not masked.
   */
  data: Data;
  /**
   * With `api: 'agent-session'`: how long the digits play after this answer, in milliseconds, with a guard of 250.
   * For so long the session stays locked, unless `playout` is `'none'`.
   */
  playoutMs?: number;
  /** What happened. */
  audit: AuditEntry;
}

/** Times of one kind in milliseconds, since the injector was made; at most 1 % off. All 0 when there are none. */
export interface TimesSnapshot {
  /** How many there are. */
  count: number;
  /** Half of them are no longer. */
  p50: number;
  /** Nine of ten are no longer. */
  p90: number;
  /** Ninety-nine of a hundred are no longer. */
  p99: number;
  /** The longest. */
  max: number;
}

/** What the far end recognised, as far as anybody knows. */
export interface RecognitionSnapshot {
  /** Accepted injections of all that settled, 0 to 1: all that a sender can know. `null` before the first. */
  byAcceptance: number | null;
  /** What {@link DtmfInjector.reportRecognition} was told. */
  reported: {
    /** Injections that were reported. */
    injections: number;
    /** Their digits. */
    digitsSent: number;
    /** How many of these were recognised. */
    digitsRecognised: number;
    /** The one divided by the other, 0 to 1. `null` before the first report. */
    rate: number | null;
  };
}

/** A session that is followed. */
export interface FollowedSessionSnapshot {
  /** Its first id. */
  sessionId: string;
  /** Whether its events are heard at the moment. While they are not, digits with a `contactId` wait. */
  heard: boolean;
  /** Whether recordings can be masked in it; `null` where nothing has said so. */
  canMask: boolean | null;
  /** The contacts that are there. */
  contacts: {
    contactId: string;
    state: 'ringing' | 'active' | 'held' | 'masked' | 'joined' | 'unclear';
    /** Whether it hears what is pressed. */
    inFocus: boolean;
  }[];
}

/** What takes nothing more until it is resolved. */
export interface InDoubtSnapshot {
  /** The call or session. */
  callId: string;
  /** The contact, where the injection had a `contactId`: then the block is of that contact. Else `null`. */
  contactId: string | null;
  /** The injection whose outcome is unknown. */
  injectionId: string;
  /** When that was told: ISO 8601, UTC. */
  since: string;
  /** When the block ends by itself: ISO 8601, UTC. */
  until: string;
}

/** An injection of which the audit log does not say what became of it. */
export interface InjectionInDoubt {
  /** That of its audit entry. */
  injectionId: string;
  /** The call or session. */
  callId: string;
  /** The platform; empty where the log has lost the intent. */
  origin: string;
  /** When its last attempt was about to leave: ISO 8601, UTC. */
  timestamp: string;
  /** The number of that attempt; 0 where the log has lost the intent. */
  attempt: number;
  /** `'unknown'` where that is its recorded outcome, `null` where its process ended before there was one. */
  outcome: 'unknown' | null;
}

/** Counters since the injector was made, and what it does right now. */
export interface MetricsSnapshot {
  /** Settled injections by what is known of the digits. */
  injections: {
    /** The platform answered 2xx. */
    accepted: number;
    /** The platform declined. */
    refused: number;
    /** The digits never left. */
    notSent: number;
    /** Nobody knows. */
    unknown: number;
  };
  /** Failed injections by error code. A code that never occurred is absent. */
  byCode: Record<string, number>;
  /** Requests handed over. */
  attempts: number;
  /** Requests sent again. */
  resends: number;
  /** Injections and locks that wait for a call, now. */
  waiting: number;
  /** Requests under way, now. */
  inFlight: number;
  /** Manual locks held, now. */
  locks: number;
  /**
   * What takes nothing more until {@link DtmfInjector.resolve}, now (`afterUnknown: 'block'`): in the whole process, on the
   * platform of this injector. At most 1,000, those first that end first.
   */
  inDoubt: InDoubtSnapshot[];
  /** The sessions that are followed, now: in the whole process, on the platform of this injector. At most 1,000. */
  sessions: FollowedSessionSnapshot[];
  /**
   * Bytes of outcomes and events that JavaScript has not taken, now, of all injectors of the thread. While it takes
   * none, nothing more is sent from 64 MB on.
   */
  outboxBytes: number;
  /** Tokens left for resends, now; see {@link RetryConfig.budget}. */
  retryBudget: number;
  /** Tokens fetched for this injector. */
  tokenRefreshes: number;
  /** The age of the token in use, in milliseconds; `null` without one, and with a token source of your own. */
  tokenAgeMs: number | null;
  /** From the call to the grant of the lock, of all injections. */
  queuedMs: TimesSnapshot;
  /** From the grant of the lock to the outcome, of injections that got the lock. */
  latencyMs: TimesSnapshot;
  /** The last attempt's own time, of injections that had one. */
  attemptMs: TimesSnapshot;
  /** What the far end recognised. */
  recognition: RecognitionSnapshot;
  /** Injections that were sent and whose audit record is not complete. */
  auditFailures: number;
  /** Injections that were not sent because the outcome of the same digits is unknown; they count among `unknown` too. */
  repeatsGuarded: number;
  /** Recordings that could not be unmasked. */
  unmaskFailures: number;
  /** What was done in Redis, by all injectors of the process with the same `fleet`; `null` without. */
  fleet: FleetSnapshot | null;
  /** Times that a monitor threw or rejected. */
  monitorErrors: number;
}

/** What a process did in its fleet. */
export interface FleetSnapshot {
  /** Commands sent to Redis. */
  roundTrips: number;
  /** Questions that Redis did not answer. */
  failures: number;
  /** Leases given. */
  leases: number;
  /** Leases that another process had to give back first. */
  leaseWaits: number;
  /** Leases that were lost when they were needed. */
  leasesLost: number;
  /** Turns without a lease, while Redis was away and `onUnavailable` was `'local'`. */
  withoutLease: number;
  /** Tokens that another process had fetched. */
  sharedTokens: number;
  /** Requests that kept to this process's share of the rate limit, while Redis was away. */
  ownSlots: number;
  /**
   * For how long Redis has not answered, or has granted no leases since it may have lost some, in milliseconds; `null`
   * while it does.
   */
  unavailableMs: number | null;
}

/**
 * Presses digits into calls.
 *
 * The order per call holds over all injectors and worker threads of the process that use the same API origin.
 * An idle injector does not keep the process alive; one with an injection under way does. `await using` closes it, where
 * the runtime has `Symbol.asyncDispose`.
 *
 * `Api` is inferred from the option `api`, and says which params compile.
 */
export class DtmfInjector<Api extends WireProfile = 'telephony-v2'> {
  /**
   * @param authClient Where the tokens come from: a {@link CXoneAuthClient}, which does its work off the event loop,
   * or a source of your own.
   * @throws {DtmfInvalidError} when an option breaks a rule.
   */
  constructor(authClient: TokenSource, config: InjectorConfig & { readonly api?: Api | undefined });

  /**
   * The options as they were given, deeply frozen, without functions and loggers, `headers`,
   * `auditLog.key`, and user and password of URLs.
   *
   * @throws {DtmfInvalidError} when it is set: make a new injector.
   */
  readonly config: ShownInjectorConfig;

  /**
   * The very object that the tokens come from.
   *
   * @throws {DtmfInvalidError} when it is set: make a new injector.
   */
  readonly authClient: TokenSource;

  /**
   * The monitors in the order in which they are called: a frozen copy of the list.
   *
   * @throws {DtmfInvalidError} when it is set: {@link registerCTIMonitor} adds one.
   */
  readonly ctiCallbacks: readonly CtiCallback<Api>[];

  /**
   * Calls back on every event. All events of an injection arrive before its promise settles, in order.
   *
   * Events are frozen. A callback that throws or rejects is counted in `metrics().monitorErrors`, its first failure is logged, and
   * nothing else changes. A returned promise is not waited for.
   *
   * @returns its own unregister; calling it again does nothing.
   * @throws {DtmfInvalidError} when `callback` is not a function.
   */
  registerCTIMonitor(callback: CtiCallback<Api>): () => void;

  /**
   * Presses digits into a call. Makes one attempt unless `maxAttempts` says more.
   *
   * Rejects with a {@link DtmfError}; never throws. Each call ends in exactly one `dtmf.injected` or `dtmf.failed`.
   */
  injectDTMF<Data = unknown>(
    params: ParamsOf<Api>,
    options?: InjectionOptions,
  ): Promise<InjectionResult<Data>>;

  /**
   * Takes the lock of a call, so that several injections follow each other with nobody between them. With
   * `api: 'agent-session'` the id is that of the session.
   *
   * Rejects with `ERR_DTMF_LOCK_TIMEOUT`, `ERR_DTMF_QUEUE_FULL`, `ERR_DTMF_AFTER_UNKNOWN`, `ERR_DTMF_CALL_ENDED`,
   * `ERR_DTMF_STORE`, `ERR_DTMF_CLOSED`, `ERR_DTMF_INVALID` or `ABORT_ERR`.
   */
  acquireChannelLock(callId: string, options?: LockOptions): Promise<ChannelLock>;

  /**
   * Releases a lock. Without an argument it releases the only lock that this injector holds, does nothing when it holds
   * none, as after the lock ran out or after `close()`, and rejects with `ERR_DTMF_LOCK` when it holds several.
   */
  releaseChannelLock(lock?: ChannelLock): Promise<void>;

  /** Holds the lock of a call while `fn` runs and settles, and gives back what `fn` gives. */
  withChannelLock<T>(
    callId: string,
    fn: (lock: ChannelLock) => T | Promise<T>,
    options?: LockOptions,
  ): Promise<T>;

  /**
   * Follows a session by its events. What is pressed into it then goes by them:
   *
   * - Digits with a `contactId` go only while that contact hears them ({@link SessionParams.contactId}). No request leaves after
   *   the event that speaks against it was received; what remains is the time in which an event is on its way.
   * - When the session ends, here or elsewhere, whoever is queued for it or for its lock fails with `ERR_DTMF_CALL_ENDED`,
   *   not-sent. Of a sequence that has begun no more is pressed: it fails with `ERR_DTMF_OUTCOME_UNKNOWN` and `digitsAccepted`.
   * - The platform renews the id of a session with each answer. Polls, digits and masks use the newest one; the first and the
   *   newest 10,000 all mean this session, which has one queue, one lock and one playout whatever id it is named by.
   *
   * Every event is told to the monitors, as {@link SessionEvent}, and to who goes through what this returns. Only with
   * `api: 'agent-session'`.
   *
   * It asks the platform with a long poll and asks again after trouble, with back-off; the first failure is logged. While it
   * cannot be heard, digits with a `contactId` wait. The platform hands each event to one listener of an id: a program that
   * borrows the id of an agent's own window takes events from it. {@link DtmfInjector.joinSession} gives an id of one's own.
   * Following keeps neither the process nor the injector alive; waiting for the next event in a loop does. `close()` ends both.
   *
   * @returns its own end, which may be called again, and an async iterable of the events, of which the newest 1,000 are kept.
   * @throws {DtmfInvalidError} when the id breaks the rule of ids, or the API has no events.
   * @throws {DtmfClosedError} when the injector is closed.
   */
  followSession(sessionId: string, options?: FollowOptions): Following;

  /**
   * A session by its id: the first one, or any that the platform has given since. Asks the platform nothing.
   *
   * @throws {DtmfInvalidError} when the id is no text.
   */
  session(sessionId: string): DtmfSession;

  /**
   * Starts an agent session, and follows it: the polls keep it alive. `close()` ends the sessions that this injector started,
   * and no other; it hangs nobody up. Where it is not known whether the platform carried it out, it is not asked again.
   *
   * Rejects with `ERR_DTMF_INVALID`, `ERR_DTMF_AUTH`, `ERR_DTMF_FORBIDDEN`, `ERR_DTMF_CONFLICT`, `ERR_DTMF_REJECTED`,
   * `ERR_DTMF_RATE_LIMITED`, `ERR_DTMF_SERVER`, `ERR_DTMF_CONNECT`, `ERR_DTMF_DEADLINE` or `ERR_DTMF_CLOSED`.
   */
  startSession(options: StartSessionOptions): Promise<DtmfSession>;

  /**
   * Joins the session of an agent with an id of one's own, and follows it: both hear all events. `close()` does not end it.
   * Rejects as {@link startSession}.
   */
  joinSession(options: JoinSessionOptions): Promise<DtmfSession>;

  /**
   * Says what was found out of digits whose outcome was unknown, as by looking at the call or asking a person. Either way they
   * may be sent again, and what `afterUnknown: 'block'` blocked takes digits again. In effect when it returns, in the whole
   * process, for what any injector left unknown on the platform of this one. The promise is the fleet's: it settles when the
   * other processes can know, and rejects with `ERR_DTMF_STORE` where Redis cannot be asked.
   *
   * With `auditLog` it is written down for each of the injections, so that the log lists them no more. That may also be
   * injections of earlier processes, once {@link inDoubt} or {@link blockInDoubt} has listed them. Where the log cannot take it,
   * the promise rejects with `ERR_DTMF_AUDIT`, and what was blocked takes digits again all the same: call it again when the log
   * can. A log that is closed takes nothing more.
   *
   * @param id The call or session, or the contact that the unknown injection had as `contactId`. A session stands for all
   * its contacts. Those on other platforms are others. The id of an injection names that one alone, in the log also one on
   * another platform. In a fleet it ends the blocks of other processes but for an injection that had a `contactId`: name the
   * contact there.
   * @param outcome Whether they were pressed.
   * @returns whether anything of it was in doubt. Resolving what is not does nothing.
   *
   * Rejects with `ERR_DTMF_INVALID` when a rule is broken. It may be called after `close()`; with `auditLog` it then resolves what
   * was in doubt and rejects with `ERR_DTMF_AUDIT`, as nothing is written down: an injector that is open can, after
   * {@link inDoubt}.
   */
  resolve(id: string, outcome: 'pressed' | 'not-pressed'): Promise<boolean>;

  /**
   * Reads the files in `auditLog.directory`, those of other processes too, and lists the injections whose digits may have been
   * pressed: those whose process ended before their outcome, and those whose outcome is unknown, without what was resolved
   * since. Nothing is written. It takes about a second for a million records, on a thread of its own; at most 10,000 of each
   * kind are listed. Files with another key are left out, with a warning in the log lines, and what is under way in a living
   * process is none.
   *
   * Rejects with `ERR_DTMF_INVALID` without `auditLog`, and with `ERR_DTMF_AUDIT` when the directory cannot be read.
   */
  inDoubt(): Promise<InjectionInDoubt[]>;

  /**
   * The same, and blocks the calls of those on the platform of this injector, as an unknown outcome blocks with
   * `afterUnknown: 'block'`: they take nothing until {@link resolve}, or `blockUnknownMs`. Call it before the first injection of a
   * process that follows one which was killed.
   *
   * Rejects as {@link inDoubt}, with `ERR_DTMF_INVALID` without `afterUnknown: 'block'`, and where the API has to be discovered
   * and cannot be. Where the log does not say all (it was altered, a file cannot be read or has another key, more are in doubt
   * than can be listed), it blocks what was found and rejects with `ERR_DTMF_AUDIT`: other calls may be in doubt too. The message
   * says what to do.
   */
  blockInDoubt(): Promise<InjectionInDoubt[]>;

  /** Counters, gauges and times. No digit is in them, and no call id but in `inDoubt`. */
  metrics(): MetricsSnapshot;

  /**
   * The same in the text format of Prometheus (0.0.4), names in `docs/metrics.md`. No label is a call, a session or a digit.
   * Serve it as `text/plain; version=0.0.4`.
   */
  metricsText(): string;

  /**
   * Reports how many digits of an accepted injection the far end recognised, for `metrics().recognition`. Only the owner
   * of the far end can know; no API tells a sender.
   *
   * @param injectionId That of the audit entry, of one of the last 10,000 accepted injections of this injector; each once.
   * @param digitsRecognised A count, not the digits: whole, from 0 to the number that was sent.
   * @throws {DtmfInvalidError} when a rule is broken.
   */
  reportRecognition(injectionId: string, digitsRecognised: number): void;

  /**
   * Takes nothing more, rejects what waits with `ERR_DTMF_CLOSED`, releases manual locks and waits for what is in
   * flight. What is still in flight after `timeoutMs` fails with `ERR_DTMF_OUTCOME_UNKNOWN`. Idempotent.
   */
  close(options?: CloseOptions): Promise<void>;
}

export interface DtmfInjector<Api extends WireProfile> extends RuntimeAsyncDisposable {}

export { DtmfInjector as DTMFInjector };

/** Anything that presses: a {@link DtmfInjector}, or a stand-in of a test, whatever its types. */
export interface Injecting {
  injectDTMF(params: any, options?: any): unknown;
}

/** What {@link Injecting.injectDTMF} of it takes. Anything, where it names no params. */
type ParamsTaken<Injector extends Injecting> = Injector['injectDTMF'] extends (
  params: infer Params,
  ...rest: never[]
) => unknown
  ? Params
  : never;

/** The options of {@link injectWithRetry}. */
export type RetryOptions = Omit<InjectionOptions, 'maxAttempts'>;

/** The arguments of {@link injectWithRetry} for an injector with that `api`. */
type RetryArguments<Api extends WireProfile> = [
  // A property, since the params of methods are compared loosely.
  injector: { readonly injectDTMF: (params: ParamsOf<Api>, options?: InjectionOptions) => unknown },
  params: ParamsOf<Api>,
  maxRetries?: number,
  options?: RetryOptions,
];

/**
 * The same as `injector.injectDTMF(params, { ...options, maxAttempts: maxRetries })`.
 *
 * With anything else that has `injectDTMF`, such as a subclass that overrides it, an object with a spy on it, a `Proxy` or a
 * stub, it calls that once for each attempt and waits between two of them by the same rules, in a loop of its own: `maxAttempts` is
 * not passed on, `deadlineMs` bounds all attempts together (30 s without it), no lock is held between two attempts, and each is an
 * injection with an event of its own. Errors are read as those of axios and the like, or by `retryable` and `delivery` of a
 * {@link DtmfError}; what is not known of the digits is not sent again. The last error comes out as it is, but for a 409 of another
 * kind of error, which becomes a {@link DtmfConflictError}.
 *
 * @param maxRetries The most attempts, the first one included. Default: 3.
 */
export function injectWithRetry<Injector extends Injecting>(
  injector: Injector,
  params: ParamsTaken<Injector>,
  maxRetries?: number,
  options?: RetryOptions,
): Promise<Awaited<ReturnType<Injector['injectDTMF']>>>;
/** The same, where the program says what it takes the answer for: `injectWithRetry<Answer>(…)`. */
export function injectWithRetry<Data>(
  ...args: RetryArguments<'telephony-v2'> | RetryArguments<'agent-session'> | RetryArguments<WireProfile>
): Promise<InjectionResult<Data>>;

// ---------------------------------------------------------------------------------------------------
// Entries and events
// ---------------------------------------------------------------------------------------------------

/**
 * What is known of the digits.
 *
 * * `not-sent`: they never left this process.
 * * `refused`: the platform got the request and declined to carry it out.
 * * `unknown`: it may or may not have been carried out. Do not send it again blindly.
 * * `accepted`: the platform answered 2xx. It does not say what the far end recognised.
 */
export type Delivery = 'not-sent' | 'refused' | 'unknown' | 'accepted';

/** What the validation of an entry tells. */
export interface AuditValidation {
  /** Whether the payload kept all rules. */
  valid: boolean;
  /** As in {@link ValidationResult}. `false` when the input was invalid. */
  carrierCompatible: boolean;
  /** The frequencies of each digit in hertz. Only with `digits: 'clear'`. */
  frequencies?: [low: number, high: number][];
}

/** What happened to one injection. */
export interface AuditEntry {
  /** When the injection was asked for: ISO 8601, UTC, milliseconds. */
  timestamp: string;
  /** Names the injection: a UUIDv7 (RFC 9562). */
  injectionId: string;
  /** The call, or with `api: 'agent-session'` the session. `null` when its id was invalid. */
  callId: string | null;
  /** As in {@link InjectionOptions.correlationId}, where a valid one was given. */
  correlationId?: string;
  /** The digits: `*****`, unless `digits: 'clear'`. */
  dtmfString: string;
  /** How they are played. `null` when the input was invalid, and with `api: 'agent-session'`, which has no such choice. */
  dtmfType: DtmfType | null;
  /** The pause between two digits in milliseconds. `null` when the input was invalid. */
  interDigitPause: number | null;
  /** How long a tone sounds, in milliseconds. Only with `api: 'agent-session'`. */
  toneDuration?: number;
  /** The contact, where it was given. */
  contactId?: string;
  /** Whether the recording was to be masked. Only with `api: 'agent-session'`. */
  maskRecording?: boolean;
  /** What the validation found. */
  validation: AuditValidation;
  /** `success`: any 2xx. `failed`: refused by the platform. `error`: everything else. */
  status: 'success' | 'failed' | 'error';
  /** From the grant of the lock to the outcome, in milliseconds: token, back-off and all attempts. */
  latencyMs: number;
  /** From the call to the grant of the lock, in milliseconds. */
  queuedMs: number;
  /** The last attempt's own time, in milliseconds. 0 when there was none. */
  attemptMs: number;
  /** Requests handed over. */
  attempts: number;
  /** 1 when accepted, else 0: nobody tells a sender what the far end recognised. */
  recognitionRate: 0 | 1;
  /** Where `recognitionRate` comes from. */
  recognitionSource: 'acceptance';
  /** What is known of the digits. */
  delivery: Delivery;
  /**
   * The number of the lease on the call, which grows from one holder to the next in the whole fleet: two injections of one
   * call whose fences disagree with their times have overlapped. Only with `fleet`; `null` when it never had a lease.
   */
  fence?: number | null;
  /**
   * Whether the audit log has this outcome. Only with `auditLog`, and only when something was about to be sent. `false` says
   * that the record is not complete; it changes nothing else: what was accepted stays accepted.
   */
  logged?: boolean;
  /** As in {@link InjectionResult.playoutMs}. */
  playoutMs?: number;
  /** As in {@link DtmfErrorFields.digitsAccepted}. */
  digitsAccepted?: number;
  /** As in {@link DtmfErrorFields.repeatOf}. */
  repeatOf?: string;
  /** The HTTP status of the last answer, or `'unknown'` when there was none. Only when it failed. */
  errorCode?: number | 'unknown';
  /** Why it failed. */
  code?: DtmfErrorCode;
  /** The message of the error. */
  errorMessage?: string;
  /**
   * Why an answer has no data: it broke off, is longer than 64 KB, is not UTF-8 or found no memory in Node.js, or came under a
   * content coding that is not known here (`coded: zstd`) or damaged (`coded: gzip`), though none was asked for. The name is one
   * of IANA's registry, or `unknown`.
   */
  bodyError?: 'cut' | 'too-large' | 'unreadable' | `coded: ${string}`;
}

/** The digits were accepted. Once per injection. */
export interface DtmfInjectedEvent {
  event: 'dtmf.injected';
  /** The call. */
  callId: string;
  /** What happened. */
  auditEntry: AuditEntry;
  /**
   * What the platform answered, as {@link InjectionResult.data}, with this injection's digits as `*****` unless
   * `digits: 'clear'`, and without tokens and secrets. `null` when the answer was empty or could not be read
   * ({@link AuditEntry.bodyError}), and for a monitor that was registered after the answer came.
   */
  payload: unknown;
}

/** The injection failed. Once per injection, for invalid input too. */
export interface DtmfFailedEvent {
  event: 'dtmf.failed';
  /** The call. `null` when the input was invalid. */
  callId: string | null;
  /** What happened. */
  auditEntry: AuditEntry;
}

/** An attempt failed and another one follows. Once per resend. */
export interface DtmfRetryingEvent {
  event: 'dtmf.retrying';
  /** The call. */
  callId: string;
  /** The injection, as in its entry. */
  injectionId: string;
  /** The attempt that failed, counted from 1. */
  attempt: number;
  /** The wait before the next attempt, in milliseconds. */
  delayMs: number;
  /** The code of the attempt that failed. */
  reason: DtmfErrorCode;
}

/** A monitor. A promise that it returns is not waited for. */
export type CtiCallback<Api extends WireProfile = 'telephony-v2'> = (
  event: CtiEventOf<Api>,
) => void | Promise<void>;

/** What a monitor is told. `event` tells the kinds apart. */
export type CtiEvent = DtmfInjectedEvent | DtmfFailedEvent | DtmfRetryingEvent;

/** What a monitor of an injector with that `api` is told. */
export type CtiEventOf<Api extends WireProfile> = Api extends 'agent-session'
  ? CtiEvent | SessionEvent
  : CtiEvent;

/** Something that a followed session tells, in order with the events of injections. */
export interface SessionEvent {
  event: 'session.event';
  /** The session, by the id that it was followed by. */
  callId: string;
  /** The same. */
  sessionId: string;
  /** What happened, in the platform's words, such as `CallContactEvent`; empty where the event has no type. */
  type: string;
  /** The contact that it is about; `null` for none. */
  contactId: string | null;
  /** The status that it tells, in the platform's words, such as `Active` or `Holding`; `null` for none. */
  status: string | null;
  /** When this process received it: ISO 8601, UTC, milliseconds. */
  timestamp: string;
  /**
   * The event itself. What the platform documents is shown; in all else, as in what a script puts into a `CustomEvent`, each
   * run of digits is `*****`, unless the injector has `digits: 'clear'`. Tokens are hidden always.
   */
  data: Record<string, unknown>;
}

/** What {@link DtmfInjector.followSession} returns: a function that ends it, and the events. */
export interface Following extends AsyncIterable<SessionEvent> {
  (): void;
}

/** Options of {@link DtmfInjector.followSession}. */
export interface FollowOptions {
  /**
   * Reads out of an event how many digits of an injection the far end recognised, for {@link DtmfInjector.reportRecognition}:
   * a script that recognised them can put that into a `CustomEvent`. It gets each event as it came, **digits included**. What it
   * returns is reported; `undefined` where the event is about something else. Default: none.
   */
  readonly recognition?:
    | ((event: Record<string, unknown>) => { injectionId: string; digitsRecognised: number } | undefined)
    | undefined;
}

/** Options of {@link DtmfInjector.startSession}. One of the stations is needed. */
export interface StartSessionOptions {
  /** The station that the agent sits at. */
  readonly stationId?: string | undefined;
  /** The telephone number that the agent is called at. */
  readonly stationPhoneNumber?: string | undefined;
  /** After how long without activity the platform ends the session, whole; in which unit is not published. Default: 30, 1 to 1000000. */
  readonly inactivityTimeout?: number | undefined;
  /** Whether it logs the agent off then. Default: `false`. */
  readonly inactivityForceLogout?: boolean | undefined;
  /** The agent whose session it is, whole. Default: 0, 0 to 9007199254740991; 0 is the one whose token it is. */
  readonly asAgentId?: number | undefined;
}

/** Options of {@link DtmfInjector.joinSession}. */
export interface JoinSessionOptions {
  /** The agent whose session it is, whole, 1 to 9007199254740991. Required. */
  readonly asAgentId: number;
}

/** Options of {@link DtmfSession.end}. Nobody's call is hung up unless asked for by name. */
export interface EndSessionOptions {
  /** Whether the agent is logged off although contacts are there. Default: `false`. */
  readonly forceLogoff?: boolean | undefined;
  /** Whether the contacts of the session are hung up. Default: `false`. */
  readonly endContacts?: boolean | undefined;
  /** Whether contacts that wait for this agent alone are left behind. Default: `false`. */
  readonly ignorePersonalQueue?: boolean | undefined;
}

/** An agent session in the hands of a program. Its commands reject as {@link DtmfInjector.startSession} does. */
export interface DtmfSession {
  /** The id that it was opened with, or asked for with. The platform gives it others later; this one goes on meaning it. */
  readonly id: string;
  /** {@link DtmfInjector.injectDTMF} into this session. */
  injectDTMF<Data = unknown>(
    params: Omit<SessionParams, 'sessionId'>,
    options?: InjectionOptions,
  ): Promise<InjectionResult<Data>>;
  /** {@link DtmfInjector.followSession}. A session that this handle follows already goes on being followed, once. */
  follow(options?: FollowOptions): Following;
  /** Calls the agent's telephone. `AgentLeg` events tell whether it was answered. */
  dialAgentLeg(): Promise<void>;
  /** Hangs it up. */
  endAgentLeg(): Promise<void>;
  /**
   * Ends the session. One that is not there any more has ended. What was asked for before comes first: its digits are pressed,
   * played, and its recordings unmasked, for at most `lockTimeoutMs`.
   */
  end(options?: EndSessionOptions): Promise<void>;
}

/**
 * What is published about one injection through `node:diagnostics_channel`, on `cxone-dtmf:injection:start`, `:error` (only
 * when it failed) and `:end`. It is the same object in all of them, so a subscriber can keep its own things in it. A subscriber
 * of `start` can set `traceparent`, and the request carries it; one that cannot be used is left out, with one warning. A
 * message that a subscriber froze is followed by one that has it as prototype. Nothing is published of params that cannot be
 * read.
 */
export interface InjectionMessage {
  /** The call or session. `null` before the end, and when the input was invalid. */
  callId: string | null;
  /** As in {@link InjectionOptions.traceparent}. */
  traceparent?: string;
  /** As in {@link InjectionOptions.correlationId}. */
  correlationId?: string;
  /** What happened. Set before `error` and `end`. */
  auditEntry?: AuditEntry;
  /** Why it failed. Set before `error`. Its stack is not that of the caller. */
  error?: DtmfError;
}

// ---------------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------------

/** The last answer of the platform. Every occurrence of the digits in it is masked. It never has the request. */
export interface DtmfErrorResponse {
  /** The HTTP status. */
  status: number;
  /**
   * Names in lower case. Several values of one name are joined by `, `. At most 64 KB, names and values: a header that
   * would make it more is left out.
   */
  headers: Record<string, string>;
  /** Parsed JSON, else text; `null` when it was empty, cut, unreadable or longer than 64 KB. */
  data: unknown;
  /**
   * Why the platform declined, in one line of at most 500 characters: out of the body, in whichever of its shapes, or
   * out of the header `icStatusDescription`. Only when it said so.
   */
  reason?: string;
  /** What NICE's support finds the request by: the header `x-trace-id`. */
  traceId?: string;
}

/** What all errors have. `C` is the code, `D` what can be known of the digits with it. */
export interface DtmfErrorFields<C extends string, D extends Exclude<Delivery, 'accepted'>> extends Error {
  /** Why. Stable; branch on it. */
  readonly code: C;
  /** What is known of the digits. Branch on it first. */
  readonly delivery: D;
  /** Whether sending the same digits again cannot press them twice: true unless the outcome is unknown. */
  readonly safeToResend: D extends 'unknown' ? false : true;
  /** Whether the same operation is worth trying again as it is. */
  readonly retryable: boolean;
  /** Requests handed over. */
  readonly attempts: number;
  /** How long the last answer asked to wait, in milliseconds, when it said so. */
  readonly retryAfterMs?: number;
  /**
   * Of a sequence that is sent in several requests (`pauses`, `split`): how many digits the platform had accepted before it
   * failed. More than 0 means that a part was pressed; `delivery` is then `unknown`.
   */
  readonly digitsAccepted?: number;
  /**
   * The `injectionId` of the injection that handed over the same digits before and whose outcome is unknown, when they were
   * not sent for that reason (`repeatGuardMs`).
   */
  readonly repeatOf?: string;
  /** The last answer, when there was one. */
  readonly response?: DtmfErrorResponse;
  /** The entry of the injection, when the error is one of an injection. */
  readonly audit?: AuditEntry;
  /**
   * What a token source or an injector of the program's own threw, the very thing; for `ABORT_ERR` the signal's reason;
   * for a certificate that is not acceptable an error with the `code` that Node.js has for that, such as
   * `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID` or `UNABLE_TO_GET_ISSUER_CERT_LOCALLY`.
   * `util.inspect`, the console, JSON, `stack` and the serialisers of pino and winston show its name, code, status and
   * message, and no more.
   */
  readonly cause?: unknown;
  /** The fields that JSON shows, with what may be shown of the cause. */
  toJSON(): object;
  /** Where the documentation has the code and what to do, relative to the package. Of the class, so logs do not repeat it. */
  readonly docs: `docs/errors.md#${Lowercase<C>}`;
}

/** The payload, an id or an option breaks a rule. The message names the field and the rule. Correct the program. */
export interface DtmfInvalidError extends DtmfErrorFields<'ERR_DTMF_INVALID', 'not-sent'> {}

/**
 * No token, or the call refused a fresh one too: 401, or 403 with `invalid_token`. Check client id and secret; when
 * `retryable` is true the token endpoint, or a function that gives a secret, had passing trouble.
 */
export interface DtmfAuthError extends DtmfErrorFields<'ERR_DTMF_AUTH', 'not-sent' | 'refused'> {}

/** The granted scopes lack one that was asked for. Have it added to the client. */
export interface DtmfScopeError extends DtmfErrorFields<'ERR_DTMF_SCOPE', 'not-sent' | 'refused'> {}

/** The platform answered 403. Have the right to this line or call granted. */
export interface DtmfForbiddenError extends DtmfErrorFields<'ERR_DTMF_FORBIDDEN', 'refused'> {}

/** Too many wait already, on this call or in this injector. Send less at once. */
export interface DtmfQueueFullError extends DtmfErrorFields<'ERR_DTMF_QUEUE_FULL', 'not-sent'> {}

/** The wait for the call's lock ran out. When a lock of your own is in the way, pass it as `{ lock }`. */
export interface DtmfLockTimeoutError extends DtmfErrorFields<'ERR_DTMF_LOCK_TIMEOUT', 'not-sent'> {}

/** The time for the whole injection ran out while nothing was in flight. */
export interface DtmfDeadlineError extends DtmfErrorFields<'ERR_DTMF_DEADLINE', 'not-sent' | 'refused'> {}

/** A lock was released twice, is foreign, is one of another call, or ran out before its turn. Acquire a new one. */
export interface DtmfLockError extends DtmfErrorFields<'ERR_DTMF_LOCK', 'not-sent'> {}

/**
 * Queued behind an injection of the same call whose outcome is unknown, or submitted after it with `afterUnknown: 'block'`.
 * Find out where the call stands first; then {@link DtmfInjector.resolve} what is blocked.
 */
export interface DtmfAfterUnknownError extends DtmfErrorFields<'ERR_DTMF_AFTER_UNKNOWN', 'not-sent'> {}

/**
 * No connection: name lookup, refusal, connect time-out, proxy or TLS. The message says which, and when a proxy
 * variable was set and not used.
 */
export interface DtmfConnectError extends DtmfErrorFields<'ERR_DTMF_CONNECT', 'not-sent' | 'refused'> {}

/** The platform answered 429, or the injector's own `rateLimit` has no slot before the deadline. Wait `retryAfterMs`. */
export interface DtmfRateLimitedError extends DtmfErrorFields<
  'ERR_DTMF_RATE_LIMITED',
  'not-sent' | 'refused'
> {}

/** The platform answered 409: the call is not in a state to take digits. */
export interface DtmfConflictError extends DtmfErrorFields<'ERR_DTMF_CONFLICT', 'refused'> {}

/** The platform answered another 3xx or 4xx. `response` says which. */
export interface DtmfRejectedError extends DtmfErrorFields<'ERR_DTMF_REJECTED', 'refused'> {}

/** The platform answered a 5xx that carried nothing out. */
export interface DtmfServerError extends DtmfErrorFields<'ERR_DTMF_SERVER', 'refused'> {}

/**
 * Nobody knows whether the digits were pressed. Do not send them again; ask the call. With `attempts: 0` and `repeatOf` they
 * are those of an earlier injection that nobody knows of.
 */
export interface DtmfOutcomeUnknownError extends DtmfErrorFields<'ERR_DTMF_OUTCOME_UNKNOWN', 'unknown'> {}

/** The audit log cannot take the intent, so nothing was sent. The message says why. */
export interface DtmfAuditError extends DtmfErrorFields<'ERR_DTMF_AUDIT', 'not-sent' | 'refused'> {}

/** The recording could not be masked, no event confirmed that it is, or something took its mask away: no (further) digit was sent. `response` says why, when the platform answered. */
export interface DtmfMaskError extends DtmfErrorFields<'ERR_DTMF_MASK', 'not-sent' | 'refused'> {}

/** The contact left its session, or the session ended, before the digits were sent. It was heard of through `followSession`. */
export interface DtmfCallEndedError extends DtmfErrorFields<'ERR_DTMF_CALL_ENDED', 'not-sent' | 'refused'> {}

/**
 * The contact that the digits are for does not hear what is pressed: it is on hold, another one is in focus, no event has said
 * in time who is, or the session is not followed any more. Pass `focus: true`, or send when an event says that it is in focus.
 */
export interface DtmfNotInFocusError extends DtmfErrorFields<
  'ERR_DTMF_NOT_IN_FOCUS',
  'not-sent' | 'refused'
> {}

/**
 * The lease on the call was lost before the digits were sent: the process stood still, or Redis was away, for longer than
 * `fleet.leaseMs`, and another process may press digits now. Try again.
 */
export interface DtmfLockLostError extends DtmfErrorFields<'ERR_DTMF_LOCK_LOST', 'not-sent' | 'refused'> {}

/** Redis cannot be asked whether another process presses digits into the call. The message says why. Try later. */
export interface DtmfStoreError extends DtmfErrorFields<'ERR_DTMF_STORE', 'not-sent'> {}

/** The injector is closed. */
export interface DtmfClosedError extends DtmfErrorFields<'ERR_DTMF_CLOSED', 'not-sent' | 'refused'> {}

/** The signal fired before anything was in flight. `cause` is its reason. */
export interface DtmfAbortedError extends DtmfErrorFields<'ABORT_ERR', 'not-sent' | 'refused'> {
  readonly name: 'AbortError';
}

/** The signal fired while the digits were in flight. `cause` is its reason. */
export interface DtmfAbortedInFlightError extends DtmfErrorFields<'ABORT_ERR', 'unknown'> {
  readonly name: 'AbortError';
}

/** A failed operation. `code` and `delivery` both tell the members apart. It has no request, no URL, no token, no digit. */
export type DtmfError =
  | DtmfInvalidError
  | DtmfAuthError
  | DtmfScopeError
  | DtmfForbiddenError
  | DtmfQueueFullError
  | DtmfLockTimeoutError
  | DtmfDeadlineError
  | DtmfLockError
  | DtmfAfterUnknownError
  | DtmfConnectError
  | DtmfRateLimitedError
  | DtmfConflictError
  | DtmfRejectedError
  | DtmfServerError
  | DtmfOutcomeUnknownError
  | DtmfAuditError
  | DtmfMaskError
  | DtmfCallEndedError
  | DtmfNotInFocusError
  | DtmfLockLostError
  | DtmfStoreError
  | DtmfClosedError
  | DtmfAbortedError
  | DtmfAbortedInFlightError;

/** Every value of `error.code`. */
export type DtmfErrorCode = DtmfError['code'];

/** The class of all errors, for `instanceof`. Programs do not make errors of it. */
export interface DtmfErrorClass extends Function {
  readonly prototype: DtmfError;
  [Symbol.hasInstance](value: unknown): value is DtmfError;
}

export const DtmfError: DtmfErrorClass;

/**
 * Whether a value is an error of this package. It holds for every copy of the package and over the borders of
 * Jest's registries, where `instanceof` does not.
 */
export function isDtmfError(value: unknown): value is DtmfError;
