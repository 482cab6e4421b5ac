import {
  CXoneAuthClient,
  DtmfInjector,
  type InjectorConfig,
  type Logger,
  type SessionConfig,
  type TelephonyConfig,
} from '../../index.js';
import { holds, type Same } from './expect.js';

const apiUrl = 'https://api.example';

// Every option of this release, with a value of its type.
export const all: Required<TelephonyConfig> = {
  apiUrl,
  api: 'telephony-v2',
  timeoutMs: 1,
  connectTimeoutMs: 1,
  deadlineMs: 1,
  lockTimeoutMs: 1,
  lockHoldMs: 1,
  maxWaitingPerCall: 1,
  maxWaiting: 1,
  maxInFlight: 1,
  retry: { baseMs: 1, capMs: 1, budget: 0 },
  resendWhenUnknown: ['408', '500', '502', '503', '504', 'timeout', 'connection-lost'],
  split: true,
  atomicServerErrors: false,
  afterUnknown: 'block',
  blockUnknownMs: 1,
  repeatGuardMs: 0,
  rateLimit: { perMinute: 1, perCallPerMinute: 1, burst: 1 },
  auditLog: {
    directory: 'audit',
    key: new Uint8Array(32),
    durability: 'os',
    onFailure: 'continue',
    rotate: { bytes: 4096, hours: 1 },
    onAnchor: (anchor) => anchor.length,
  },
  fleet: {
    url: 'rediss://user:password@main/0',
    sentinels: ['rediss://a.example', 'rediss://b.example:7000'],
    master: 'main',
    prefix: 'ivr',
    onUnavailable: 'local',
    leaseMs: 30_000,
    processes: 4,
    timeoutMs: 300,
    connectTimeoutMs: 500,
    caBundle: '-----BEGIN CERTIFICATE-----',
  },
  digits: 'clear',
  headers: { 'X-Tenant': 'a' },
  userAgent: 'ivr-robot/2.1',
  caBundle: '-----BEGIN CERTIFICATE-----',
  proxy: 'env',
  insecureHosts: ['mock.internal:8080'],
  clientCertificate: { cert: '-----BEGIN CERTIFICATE-----', key: '-----BEGIN PRIVATE KEY-----' },
  poolIdleMs: 1000,
  logger: false,
};

export const session: Required<SessionConfig> = {
  ...all,
  api: 'agent-session',
  apiVersion: 'v34.0',
  encoding: 'query',
  allowAToD: true,
  playout: 'none',
  requireContact: true,
  maskTimeoutMs: 500,
  pauses: true,
  discoverHosts: ['api.example.com'],
};
export const either: InjectorConfig[] = [all, session];

holds<
  Same<
    keyof TelephonyConfig,
    | 'apiUrl'
    | 'api'
    | 'timeoutMs'
    | 'connectTimeoutMs'
    | 'deadlineMs'
    | 'lockTimeoutMs'
    | 'lockHoldMs'
    | 'maxWaitingPerCall'
    | 'maxWaiting'
    | 'maxInFlight'
    | 'retry'
    | 'rateLimit'
    | 'resendWhenUnknown'
    | 'split'
    | 'atomicServerErrors'
    | 'afterUnknown'
    | 'blockUnknownMs'
    | 'repeatGuardMs'
    | 'auditLog'
    | 'fleet'
    | 'digits'
    | 'headers'
    | 'userAgent'
    | 'caBundle'
    | 'clientCertificate'
    | 'poolIdleMs'
    | 'proxy'
    | 'insecureHosts'
    | 'logger'
  >
>();

const auth = new CXoneAuthClient({
  authUrl: 'https://auth.example',
  clientId: 'id',
  clientSecret: 'secret',
  scope: 'telephony:call:control',
  timeoutMs: 5000,
  caBundle: '-----BEGIN CERTIFICATE-----',
  proxy: 'http://user:password@proxy.example:3128',
  insecureHosts: [],
  clientCertificate: { cert: '-----BEGIN CERTIFICATE-----', key: '-----BEGIN PRIVATE KEY-----' },
  poolIdleMs: 0,
  logger: console,
});

// @ts-expect-error the secret is missing
new CXoneAuthClient({ authUrl: 'https://auth.example', clientId: 'id' });
// @ts-expect-error no such option
new CXoneAuthClient({ authUrl: 'a', clientId: 'b', clientSecret: 'c', rejectUnauthorized: false });

// Token sources of a program's own.
new DtmfInjector({ getAccessToken: async () => 'token' }, { apiUrl });
new DtmfInjector({ getAccessToken: async ({ signal }) => String(signal.aborted) }, { apiUrl });
class OwnAuth extends CXoneAuthClient {
  override async getAccessToken(): Promise<string> {
    return 'token';
  }
}
new DtmfInjector(new OwnAuth({ authUrl: 'a', clientId: 'b', clientSecret: 'c' }), { apiUrl });
// @ts-expect-error a token alone is no source
new DtmfInjector('token', { apiUrl });
// @ts-expect-error a token is text
new DtmfInjector({ getAccessToken: async () => 1 }, { apiUrl });

// Absent may be written as undefined.
new DtmfInjector(auth, { apiUrl, timeoutMs: undefined, retry: { baseMs: undefined }, logger: undefined });
// @ts-expect-error the base URL has no default
new DtmfInjector(auth, {});
new DtmfInjector(auth, { apiUrl, headers: { 'X-Tenant': process.env['TENANT'] } });
// @ts-expect-error text, not bytes
new DtmfInjector(auth, { apiUrl, caBundle: Buffer.from('') });
// @ts-expect-error one value a name
new DtmfInjector(auth, { apiUrl, headers: { 'X-Tenant': ['a', 'b'] } });
// @ts-expect-error a URL or 'env'
new DtmfInjector(auth, { apiUrl, proxy: true });
// @ts-expect-error a list
new DtmfInjector(auth, { apiUrl, insecureHosts: 'mock.internal' });
// @ts-expect-error not for token requests
new CXoneAuthClient({ authUrl: 'a', clientId: 'b', clientSecret: 'c', headers: {} });
// @ts-expect-error no such option
new DtmfInjector(auth, { apiUrl, timeout: 1 });
// @ts-expect-error no such option
new DtmfInjector(auth, { apiUrl, retry: { maxRetries: 3 } });
// @ts-expect-error no such profile
new DtmfInjector(auth, { apiUrl, api: 'telephony-v3' });
// @ts-expect-error of the other profile
new DtmfInjector(auth, { apiUrl, pauses: true });
// @ts-expect-error refused answers are no unknown outcomes
new DtmfInjector(auth, { apiUrl, resendWhenUnknown: ['429'] });
// @ts-expect-error neither masked nor clear
new DtmfInjector(auth, { apiUrl, digits: 'hashed' });
// @ts-expect-error silence is `false`
new DtmfInjector(auth, { apiUrl, logger: true });
// @ts-expect-error cannot log errors
new DtmfInjector(auth, { apiUrl, logger: { info() {}, warn() {} } });

// Loggers as they are on the market.
interface WinstonLike {
  info(message: string, ...meta: unknown[]): WinstonLike;
  warn(message: string, ...meta: unknown[]): WinstonLike;
  error(message: string, ...meta: unknown[]): WinstonLike;
}
interface PinoLike {
  info: { (fields: object, message?: string, ...args: unknown[]): void; (message: string): void };
  warn: { (fields: object, message?: string, ...args: unknown[]): void; (message: string): void };
  error: { (fields: object, message?: string, ...args: unknown[]): void; (message: string): void };
  bindings(): Record<string, unknown>;
}
export function loggers(winston: WinstonLike, pino: PinoLike): Logger[] {
  return [winston, pino, console];
}

// Each grant has its own credentials.
const accessKey = { accessKeyId: 'a', accessKeySecret: 'b' };
new CXoneAuthClient({ grant: 'password', authUrl: 'a', clientId: 'b', clientSecret: 'c', ...accessKey });
new CXoneAuthClient({ grant: 'access-key', authUrl: 'a', ...accessKey, http1Only: true });
new CXoneAuthClient({
  grant: 'password',
  authUrl: 'a',
  clientId: 'b',
  clientSecret: 'c',
  clientAuthentication: 'basic',
  ...accessKey,
});
// @ts-expect-error an access key has no client
new CXoneAuthClient({ grant: 'access-key', authUrl: 'a', clientAuthentication: 'basic', ...accessKey });
new CXoneAuthClient({ authUrl: 'a', clientId: 'b', clientSecret: () => 'c' });
new CXoneAuthClient({
  authUrl: 'a',
  clientId: 'b',
  clientSecret: async ({ signal }) => String(signal.aborted),
});
// @ts-expect-error it must give a string
new CXoneAuthClient({ authUrl: 'a', clientId: 'b', clientSecret: () => 7 });
new CXoneAuthClient({ grant: 'client_credentials', authUrl: 'a', clientId: 'b', clientSecret: 'c' });
// @ts-expect-error no such grant
new CXoneAuthClient({ grant: 'authorization_code', authUrl: 'a', clientId: 'b', clientSecret: 'c' });
// @ts-expect-error the access key is missing
new CXoneAuthClient({ grant: 'password', authUrl: 'a', clientId: 'b', clientSecret: 'c' });
// @ts-expect-error an access key takes no client
new CXoneAuthClient({ grant: 'access-key', authUrl: 'a', ...accessKey, clientId: 'b' });
// A program's own source may want to hear of a 401.
new DtmfInjector({ getAccessToken: async () => 'token', invalidateToken() {} }, { apiUrl });
