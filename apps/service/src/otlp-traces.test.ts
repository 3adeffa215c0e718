import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestContext, type LogLine, WARN } from '../testing/context.ts';
import { OtlpReceiver } from '../testing/otlp-receiver.ts';
import { OtlpTraces } from './otlp-traces.ts';
import type { SamplerName } from './samplers.ts';
import type { Span } from './span.ts';
import { serviceSettings } from './settings.ts';
import { startService } from './start-service.ts';

const SPAN: Span = { name: 'wait', kind: 'internal', startedAt: 1_000_000_000_000, tookMs: 1.5, attributes: {} };

/** The SDK reads the variables of the process itself. */
function setVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

interface Started {
  traces: OtlpTraces;
  lines: LogLine[];
}

function start(
  url: string,
  { sampler = 'always_on', ratio = 1 }: { sampler?: SamplerName; ratio?: number } = {},
): Started {
  setVariables({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
  const { logger, lines } = createTestContext();
  const traces = new OtlpTraces({ name: 'waiter', environment: 'test', sampler, ratio, logger });
  return { traces, lines };
}

const warnings = (lines: LogLine[]) => lines.filter(({ level }) => level === WARN);

describe('OtlpTraces', () => {
  it('sends spans as they were recorded, with what is known of the service', async () => {
    const receiver = await OtlpReceiver.start();
    const { traces, lines } = start(`${receiver.url}/`);
    const parent = traces.record({ ...SPAN, name: 'whole' });
    traces.record({
      ...SPAN,
      kind: 'client',
      parent,
      attributes: { size: 3, name: undefined },
      failure: 'it was late',
    });
    await traces.close();
    expect(receiver.requests.map(({ url, headers }) => [url, headers['content-type']])).toEqual([
      ['/v1/traces', 'application/x-protobuf'],
    ]);
    const [whole, part] = receiver.spans;
    expect(whole).toMatchObject({
      traceId: parent.traceId,
      spanId: parent.spanId,
      parentSpanId: undefined,
      name: 'whole',
      kind: 'internal',
      start: 1_000_000_000_000_000_000n,
      end: 1_000_000_000_001_500_000n,
      attributes: {},
      failure: undefined,
    });
    expect(whole!.resource).toMatchObject({ 'service.name': 'waiter', 'deployment.environment.name': 'test' });
    expect(part).toMatchObject({
      traceId: parent.traceId,
      parentSpanId: parent.spanId,
      kind: 'client',
      attributes: { size: 3 },
      failure: 'it was late',
    });
    expect(warnings(lines)).toEqual([]);
  });

  it('calls the service as the variables do', async () => {
    const receiver = await OtlpReceiver.start();
    setVariables({
      OTEL_SERVICE_NAME: 'other',
      OTEL_RESOURCE_ATTRIBUTES: 'team=a%2Cb,deployment.environment.name=live',
    });
    const { traces } = start(receiver.url);
    traces.record(SPAN);
    await traces.close();
    const told = { 'service.name': 'other', team: 'a,b', 'deployment.environment.name': 'live' };
    expect(receiver.spans[0]!.resource).toMatchObject(told);
  });

  it.each([
    ['always_on', 1, 1],
    ['always_off', 0, 0],
    ['traceidratio', 0, 0],
    ['parentbased_always_on', 1, 0],
    ['parentbased_always_off', 0, 0],
    ['parentbased_traceidratio', 0, 0],
  ] as [SamplerName, number, number][])('records with %s what it is to', async (sampler, root, ofSilent) => {
    const { traces } = start((await OtlpReceiver.start()).url, { sampler, ratio: 0 });
    expect(traces.record(SPAN).traceFlags).toBe(root);
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true };
    expect(traces.record({ ...SPAN, parent })).toMatchObject({ traceId: parent.traceId, traceFlags: ofSilent });
    await traces.close();
  });

  it('keeps no more than some thousand spans for an endpoint that never answers, and says once that others are lost', async () => {
    const receiver = await OtlpReceiver.start();
    receiver.answer = () => {};
    const { traces, lines } = start(receiver.url);
    for (let round = 0; round < 10; round += 1) {
      for (let count = 0; count < 1_000; count += 1) traces.record(SPAN);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = performance.now();
    await traces.close();
    expect(performance.now() - before).toBeLessThan(600);
    expect(warnings(lines).map(({ msg }) => msg)).toEqual(['the last spans of traces were not taken: they are lost']);
    expect(receiver.requests.length).toBeLessThanOrEqual(5);
  });

  it('says each reason once, until the endpoint takes spans again', async () => {
    const receiver = await OtlpReceiver.start();
    const takes = receiver.answer;
    const { traces, lines } = start(receiver.url);
    const send = async (answer: OtlpReceiver['answer'], times: number): Promise<void> => {
      receiver.answer = answer;
      for (let time = 0; time < times; time += 1) {
        const { length } = receiver.requests;
        // As many as go out at once.
        for (let count = 0; count < 512; count += 1) traces.record(SPAN);
        await receiver.until(() => receiver.requests.length > length);
      }
    };
    await send((response) => void response.writeHead(500).end(), 3);
    await send((response) => void response.writeHead(404).end(), 2);
    await send(takes, 1);
    await expect
      .poll(() => lines.filter(({ level }) => level >= 30).map(({ reason, msg }) => reason ?? msg))
      .toEqual(['500 Internal Server Error', '404 Not Found', 'the OTLP endpoint takes traces again']);
    await traces.close();
  });

  it.each([
    ['a page', '<html>Welcome</html>'],
    ['JSON', '{"partialSuccess":{}}'],
    ['a megabyte', '<'.repeat(1_000_000)],
  ])(
    'takes an endpoint that answers with %s for one that took the spans, and says once what is odd',
    async (_, said) => {
      const receiver = await OtlpReceiver.start();
      receiver.answer = (response) => void response.end(said);
      const { traces, lines } = start(receiver.url);
      for (const count of [1, 2, 3]) {
        for (let more = 0; more < 512; more += 1) traces.record(SPAN);
        await receiver.until(() => receiver.requests.length === count);
      }
      await traces.close();
      expect(receiver.spans).toHaveLength(3 * 512);
      const [warning, ...others] = warnings(lines);
      expect(warning!.msg).toMatch(/^OpenTelemetry: .*could not deserialize response.*Unknown wire type \d/);
      expect(warning!.msg.length).toBeLessThan(1_100);
      expect(others).toEqual([]);
    },
  );

  it('says what the endpoint says of spans that it did not take, once', async () => {
    const receiver = await OtlpReceiver.start();
    // Its field 1: in it 5 as field 1, and the reason as field 2.
    const answers = ['no', 'never'].map((why) =>
      Buffer.from([0x0a, 4 + why.length, 0x08, 5, 0x12, why.length, ...Buffer.from(why)]),
    );
    receiver.answer = (response) => void response.end(answers[receiver.requests.length - 1]);
    const { traces, lines } = start(receiver.url);
    for (const count of [1, 2]) {
      for (let more = 0; more < 512; more += 1) traces.record(SPAN);
      await receiver.until(() => receiver.requests.length === count);
    }
    await traces.close();
    expect(warnings(lines).map(({ msg }) => msg)).toEqual([
      'OpenTelemetry: Received Partial Success response: {"rejectedSpans":5,"errorMessage":"no"}',
    ]);
  });
});

describe('startService', () => {
  const startWith = async (env: Record<string, string>) => {
    setVariables(env);
    const begin = vi.fn<(_: unknown, context: { recordSpan?: unknown }) => Promise<object>>(async () => ({}));
    const settings = serviceSettings(1);
    const service = await startService({
      name: 't',
      settings,
      env: { ...env, LOG_LEVEL: 'silent' },
      check: () => [],
      start: begin,
    });
    return { service, recordSpan: begin.mock.calls[0]![1].recordSpan };
  };

  it('records no spans unless there is an endpoint', async () => {
    expect((await startWith({})).recordSpan).toBeUndefined();
  });

  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

  it.each<Record<string, string>>([
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_SDK_DISABLED: 'True' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_EXPORTER: 'console' },
  ])('records none where the variables turn it off: %j', async (off) => {
    expect((await startWith({ ...ENDPOINT, ...off })).recordSpan).toBeUndefined();
  });

  it.each<Record<string, string>>([
    {},
    { OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'otlp' },
    { OTEL_SDK_DISABLED: '', OTEL_TRACES_EXPORTER: '' },
    { OTEL_TRACES_EXPORTER: 'console, otlp' },
  ])('records spans where they do not: %j', async (on) => {
    const { service, recordSpan } = await startWith({ ...ENDPOINT, ...on });
    expect(recordSpan).toBeInstanceOf(Function);
    await service.close();
  });

  it('does not mind variables of traces that it has no use for', async () => {
    const odd = { OTEL_TRACES_SAMPLER: 'jaeger_remote', OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://a' };
    expect((await startWith(odd)).recordSpan).toBeUndefined();
    expect((await startWith({ ...odd, ...ENDPOINT, OTEL_SDK_DISABLED: 'true' })).recordSpan).toBeUndefined();
    await expect(startWith({ ...odd, ...ENDPOINT })).rejects.toThrow('OTEL_TRACES_SAMPLER: expected one of');
  });

  it('sends what the last part had to record', async () => {
    const receiver = await OtlpReceiver.start();
    const { service, recordSpan } = await startWith({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    (recordSpan as (span: Span) => void)(SPAN);
    await service.close();
    expect(receiver.spans.map(({ name }) => name)).toEqual(['wait']);
  });
});
