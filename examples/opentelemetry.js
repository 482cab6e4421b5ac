'use strict';

// A span around every injection, and its trace in the request, by node:diagnostics_channel.
//
//   npm install @opentelemetry/api @opentelemetry/sdk-trace-base
//   node examples/opentelemetry.js
//
// It runs against the simulator and prints the spans.

const { subscribe } = require('node:diagnostics_channel');
const { isSpanContextValid, SpanStatusCode } = require('@opentelemetry/api');
const {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-base');

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer('contact-centre');

/** @type {WeakMap<object, import('@opentelemetry/api').Span>} */
const spans = new WeakMap();

subscribe('cxone-dtmf:injection:start', (message) => {
  const injection = /** @type {import('cxone-dtmf').InjectionMessage} */ (message);
  const span = tracer.startSpan('dtmf injection');
  const context = span.spanContext();
  // Before the request leaves: the platform's side of the trace hangs below this span. Where tracing is off there is none.
  if (isSpanContextValid(context)) {
    const flags = context.traceFlags.toString(16).padStart(2, '0');
    injection.traceparent = `00-${context.traceId}-${context.spanId}-${flags}`;
  }
  spans.set(injection, span);
});

subscribe('cxone-dtmf:injection:end', (message) => {
  const injection = /** @type {import('cxone-dtmf').InjectionMessage} */ (message);
  const span = spans.get(injection);
  const { delivery, attempts, code } = injection.auditEntry ?? {};
  span?.setAttributes({ 'dtmf.delivery': delivery ?? '', 'dtmf.attempts': attempts ?? 0 });
  if (code) span?.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span?.end();
});

async function main() {
  const simulator = await startSimulator({ autoCalls: true });
  const auth = new CXoneAuthClient({ ...simulator.auth, logger: false });
  const injector = new DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
  /** @type {import('cxone-dtmf').InjectionParams} */
  const params = {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-1',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  };

  const { audit } = await injector.injectDTMF(params, { correlationId: 'order-7' });
  console.log('entry:', audit.correlationId, audit.dtmfString);
  simulator.script([{ status: 404 }]);
  await injector.injectDTMF(params).catch(() => {});

  for (const span of exporter.getFinishedSpans()) {
    console.log(span.name, span.attributes, span.status.message ?? 'ok');
  }
  const [request] = simulator.requests().filter(({ kind }) => kind === 'dtmf');
  const [span] = exporter.getFinishedSpans();
  console.log('in the trace:', request.headers.traceparent.includes(span.spanContext().traceId));
  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
