import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { serve } from './serve.ts';

/**
 * What is read of what OTLP sends.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    int32 kind = 6;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`);
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

type Attributes = Record<string, string | number | boolean>;

/** A span as a collector gets it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** None of the first span of a trace. */
  parentSpanId: string | undefined;
  name: string;
  kind: string;
  /** Nanoseconds since the Unix epoch. */
  start: bigint;
  end: bigint;
  attributes: Attributes;
  resource: Attributes;
  /** Why it failed, where it did. */
  failure: string | undefined;
}

/** A collector of traces on loopback, which ends with the test. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: IncomingMessage[] = [];
  /** How it answers, once it has it all. */
  answer = (response: ServerResponse): void => void response.end();
  url = '';
  #changed = Promise.withResolvers<void>();

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.url = await serve((request, response) => void receiver.#take(request, response));
    return receiver;
  }

  /** Waits until the spans are so. */
  async until(condition: (spans: ReceivedSpan[]) => boolean): Promise<void> {
    while (!condition(this.spans)) await this.#changed.promise;
  }

  /** The spans of a trace by the first word of their names, as soon as it has so many. */
  async trace(traceId: string, count: number): Promise<Map<string, ReceivedSpan[]>> {
    const spans = () => this.spans.filter((span) => span.traceId === traceId);
    await this.until(() => spans().length >= count);
    return Map.groupBy(spans(), ({ name }) => name.split(' ')[0]!);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    this.requests.push(request);
    this.answer(response);
    if (response.statusCode === 200) this.spans.push(...decode(body));
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

interface Decoded {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: DecodedSpan[] }[] }[];
}

interface DecodedSpan {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId?: Uint8Array;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  status?: { message?: string };
}

interface KeyValue {
  key: string;
  value: Record<string, string | number | boolean>;
}

function decode(body: Buffer): ReceivedSpan[] {
  const type = root.lookupType('Request');
  const { resourceSpans } = type.toObject(type.decode(body), { longs: String }) as Decoded;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: span.parentSpanId && hex(span.parentSpanId),
        name: span.name,
        kind: KINDS[span.kind]!,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        resource: attributesOf(resource.attributes),
        failure: span.status?.message,
      })),
    ),
  );
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function attributesOf(pairs: KeyValue[] = []): Attributes {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, 'intValue' in value ? Number(value['intValue']) : Object.values(value)[0]!]),
  );
}
