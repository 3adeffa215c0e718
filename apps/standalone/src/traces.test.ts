import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client } from '../../consumer/testing/client.ts';
import { Child } from '../../service/testing/child.ts';
import { OtlpReceiver } from '../../service/testing/otlp-receiver.ts';
import { expectWholeWay } from '../testing/whole-way.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TOPIC = 'hello-world';

/** `npm start` with a broadcast each 50 ms, and one who watches. */
async function npmStart(env: Record<string, string>): Promise<{ child: Child; url: string; client: Client }> {
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const own = { DATA_DIR: folder, PORT: '0', WAIT_MIN_SECONDS: '0.05', WAIT_MAX_SECONDS: '0.05' };
  const child = new Child([MAIN], { env: { ...own, ...env } });
  const [, url] = await child.says(/Open (http:\/\/localhost:\d+)/);
  return { child, url: url!, client: new Client(url!) };
}

/** What the details of a message say of its trace. */
async function traceOf(url: string, offset: number): Promise<{ id: string; sampled: boolean }> {
  const { trace } = await (await fetch(`${url}/api/topics/${TOPIC}/messages/0/${offset}`)).json();
  return trace;
}

/** Each reason once, however often it did not work. */
const complaints = (child: Child): string[] => child.stdout.match(/"reason":"[^"]*".*does not take traces/g) ?? [];

describe('npm start', () => {
  it('sends the whole way of a broadcast as one trace, whose id its details show', async () => {
    const receiver = await OtlpReceiver.start();
    const { child, url, client } = await npmStart({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a-secret',
      OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=hello',
      ENVIRONMENT: 'test',
    });
    await client.until(({ messages }) => messages.length > 3);
    const { offset, sentAt, dueAt } = client.messages[2]!;
    const { id, sampled } = await traceOf(url, offset);
    expect(sampled).toBe(true);
    const { schedule, append } = await expectWholeWay(receiver, id, { topic: TOPIC, system: 'embedded' });
    expect(schedule.start).toBe(BigInt(dueAt!) * 1_000_000n);
    expect(append.start).toBe(BigInt(sentAt!) * 1_000_000n);
    expect(append.resource).toMatchObject({
      'service.name': 'standalone',
      'service.namespace': 'hello',
      'service.version': expect.any(String),
      'deployment.environment.name': 'test',
    });
    const { url: path, headers } = receiver.requests[0]!;
    expect({ path, authorization: headers.authorization }).toEqual({
      path: '/v1/traces',
      authorization: 'Bearer a-secret',
    });
    expect(child.stdout).not.toContain('a-secret');
  });

  it('sends at its end what is left', async () => {
    const receiver = await OtlpReceiver.start();
    const { child, url, client } = await npmStart({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await client.until(({ messages }) => messages.length > 0);
    const { id } = await traceOf(url, client.messages.at(-1)!.offset);
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await expectWholeWay(receiver, id, { topic: TOPIC, system: 'embedded' });
  });

  it('tells what belongs together though nobody records it', async () => {
    const { url, client } = await npmStart({});
    await client.until(({ messages }) => messages.length > 1);
    const traces = await Promise.all(client.messages.slice(0, 2).map(({ offset }) => traceOf(url, offset)));
    for (const { id, sampled } of traces)
      expect([id, sampled]).toEqual([expect.stringMatching(/^[\da-f]{32}$/), false]);
    expect(traces[0]!.id).not.toBe(traces[1]!.id);
  });

  it('records as many traces as the sampler says', async () => {
    const receiver = await OtlpReceiver.start();
    const { child, url, client } = await npmStart({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    await client.until(({ messages }) => messages.length > 1);
    expect(await traceOf(url, client.messages[0]!.offset)).toMatchObject({ sampled: false });
    await child.kill('SIGTERM');
    expect(receiver.spans).toEqual([]);
  });

  it.each([
    ['is away', async () => 'http://127.0.0.1:9'],
    ['answers with an error', () => receiverThat((response) => void response.writeHead(500).end())],
    ['never answers', () => receiverThat(() => {})],
  ])('goes on where the endpoint %s, and ends in time', async (_, endpoint) => {
    const { child, client } = await npmStart({ OTEL_EXPORTER_OTLP_ENDPOINT: await endpoint() });
    await client.until(({ messages }) => messages.length > 40);
    const sequences = client.messages.map(({ sequence }) => sequence!);
    expect(sequences).toEqual(sequences.map((_sequence, index) => sequences[0]! + index));
    const before = performance.now();
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(complaints(child).length).toBeLessThanOrEqual(1);
  });

  it('says once that the endpoint takes nothing, and when it does again', async () => {
    const receiver = await OtlpReceiver.start();
    const takes = receiver.answer;
    receiver.answer = (response) => void response.writeHead(500).end();
    const { child } = await npmStart({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await receiver.until(() => receiver.requests.length > 2);
    expect(complaints(child)).toEqual([expect.stringContaining('"reason":"500 Internal Server Error"')]);
    receiver.answer = takes;
    await child.says(/takes traces again/);
    expect(receiver.spans.length).toBeGreaterThan(0);
  });

  it('refuses an endpoint that is none', async () => {
    const child = new Child([MAIN], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' } });
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toBe(
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an address such as http://localhost:4318, but it is "collector:4318"\n',
    );
  });
});

async function receiverThat(answers: OtlpReceiver['answer']): Promise<string> {
  const receiver = await OtlpReceiver.start();
  receiver.answer = answers;
  return receiver.url;
}
