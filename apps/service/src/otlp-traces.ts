import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { type SamplerName, samplers } from './samplers.ts';
import type { RecordSpan, Span } from './span.ts';
import { ToldExporter } from './told-exporter.ts';
import { version } from './version.ts';

/** How long spans are gathered before they are sent together, in milliseconds. */
const GATHER_MS = 1_000;
/** Time that the endpoint has at the end to take what is left, in milliseconds. */
const CLOSE_MS = 300;
/** What an endpoint answers may be in a warning. */
const WARNING_LENGTH = 1_000;

const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
};

interface OtlpTracesOptions {
  /** What the service is called, unless OTEL_SERVICE_NAME says it. */
  name: string;
  environment: string | undefined;
  sampler: SamplerName;
  /** The share of traces that are recorded, by a sampler that goes by a ratio. */
  ratio: number;
  logger: Logger;
}

/**
 * Sends spans by OTLP over HTTP, as OpenTelemetry's variables of this process say: OTEL_EXPORTER_OTLP_ENDPOINT and
 * those beside it. An endpoint that does not take them costs nobody anything but the spans: 2,048 at most wait.
 */
export class OtlpTraces {
  readonly #logger: Logger;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ name, environment, sampler, ratio, logger }: OtlpTracesOptions) {
    this.#logger = logger;
    logWarnings(logger);
    const own = resourceFromAttributes({
      'service.name': name,
      'service.version': version,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
      'deployment.environment.name': environment,
    });
    const given = detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] });
    const exporter = new ToldExporter(new OTLPTraceExporter(), logger);
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(own).merge(given),
      sampler: samplers[sampler](ratio),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: GATHER_MS })],
    });
    this.#tracer = this.#provider.getTracer('hello-world', version);
  }

  readonly record: RecordSpan = ({ name, kind, parent, startedAt, tookMs, attributes, failure }: Span) => {
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(name, { kind: KINDS[kind], startTime: startedAt, attributes }, context);
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end(startedAt + tookMs);
    return span.spanContext();
  };

  /** Sends what is left, if the endpoint takes it soon. */
  async close(): Promise<void> {
    const inTime = this.#provider.shutdown().then(() => true);
    const late = sleep(CLOSE_MS, false, { ref: false });
    if (!(await Promise.race([inTime, late])))
      this.#logger.warn('the last spans of traces were not taken: they are lost');
  }
}

/** Lets the log have what OpenTelemetry warns of, each kind once: some come with every batch. */
function logWarnings(logger: Logger): void {
  const kinds = new Set<string>();
  const warn = (...parts: unknown[]): void => {
    // Words alone: the bytes of an answer may be many, and an exporter that cannot tell its log of them waits in vain.
    const words = parts.filter((part) => !ArrayBuffer.isView(part)).map(wordsOf);
    // A component says its name before the sentence. What follows is of this time alone, such as an answer.
    const kind = words.find((part) => part.includes(' '))?.replaceAll(/\d+/g, '0') ?? '';
    logger[kinds.has(kind) ? 'debug' : 'warn'](`OpenTelemetry: ${words.join(' ').slice(0, WARNING_LENGTH)}`);
    kinds.add(kind);
  };
  const silent = (): void => {};
  const log = { error: warn, warn, info: silent, debug: silent, verbose: silent };
  diag.setLogger(log, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

const wordsOf = (part: unknown): string => (part instanceof Error ? part.message : String(part));
