import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

/**
 * How long an export may take, in milliseconds. An endpoint whose machine does not answer at all is not given up by the
 * exporter, whose timeout begins with a connection; at 30 s the processor of spans would, and prints a stack.
 */
const DEADLINE_MS = 25_000;

/** Exports spans, and lets the log know when that does not work: once for each reason, until it works again. */
export class ToldExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  readonly #reasons = new Set<string>();

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    let isDone = false;
    const end = (result: ExportResult): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(deadline);
      if (result.code === ExportResultCode.SUCCESS) this.#sayBack();
      else this.#sayLost(spans.length, result.error);
      // Said already, and nobody could do anything about it.
      done({ code: ExportResultCode.SUCCESS });
    };
    const error = new Error(`no answer within ${DEADLINE_MS / 1_000} s`);
    const deadline = setTimeout(() => end({ code: ExportResultCode.FAILED, error }), DEADLINE_MS);
    deadline.unref();
    this.#exporter.export(spans, end);
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #sayLost(spans: number, error: (Error & { code?: number | string }) | undefined): void {
    // Where a name has several addresses the error is of all of them, and has a code alone.
    const reason = [error?.code, error?.message].filter(Boolean).join(' ');
    this.#logger[this.#reasons.has(reason) ? 'debug' : 'warn'](
      { spans, reason },
      'the OTLP endpoint does not take traces: what it was sent is lost',
    );
    this.#reasons.add(reason);
  }

  #sayBack(): void {
    if (this.#reasons.size > 0) this.#logger.info('the OTLP endpoint takes traces again');
    this.#reasons.clear();
  }
}
