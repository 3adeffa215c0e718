import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ToldExporter } from './told-exporter.ts';

describe('an exporter of spans that tells the log', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** One to whose machine no connection comes about, as where a firewall drops what is sent to it. */
  function createStuck() {
    const lines: { msg: string; reason?: string; spans?: number }[] = [];
    const answers: ((result: ExportResult) => void)[] = [];
    const stuck = {
      export: (_spans: ReadableSpan[], done: (result: ExportResult) => void) => void answers.push(done),
      shutdown: () => Promise.resolve(),
    };
    const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const exporter = new ToldExporter(stuck, logger);
    const spans = [{}, {}] as ReadableSpan[];
    const send = () => {
      const done = vi.fn<(result: ExportResult) => void>();
      exporter.export(spans, done);
      return done;
    };
    return { lines, answers, send, said: () => lines.map(({ msg, reason, spans: lost }) => [msg, reason, lost]) };
  }

  const lost = ['the OTLP endpoint does not take traces: what it was sent is lost', 'no answer within 25 s', 2];

  it('gives up what nobody answers, before the processor of spans does', () => {
    const { send, said } = createStuck();
    const done = send();
    vi.advanceTimersByTime(24_999);
    expect(done).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(done).toHaveBeenCalledOnce();
    expect(said()).toEqual([lost]);
  });

  it('takes no answer after that', () => {
    const { send, answers, said } = createStuck();
    const done = send();
    vi.advanceTimersByTime(25_000);
    answers[0]!({ code: 0 });
    expect(done).toHaveBeenCalledOnce();
    expect(said()).toEqual([lost]);
  });

  it('says when the endpoint is back, and when it is away another time', () => {
    const { send, answers, said } = createStuck();
    send();
    vi.advanceTimersByTime(25_000);
    send();
    answers[1]!({ code: 0 });
    vi.advanceTimersByTime(25_000);
    send();
    vi.advanceTimersByTime(25_000);
    const back = ['the OTLP endpoint takes traces again', undefined, undefined];
    expect(said()).toEqual([lost, back, lost]);
  });
});
