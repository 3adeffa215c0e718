import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { OtlpTraces } from './otlp-traces.ts';
import type { ServiceSettings } from './settings.ts';

/**
 * The variables without those about traces, where they ask for none: what is set for all programs of a machine stops no
 * service that has no use for it. `OTEL_SDK_DISABLED` and `OTEL_TRACES_EXPORTER` count as OpenTelemetry says.
 */
export function withoutUnusedTraces(env: NodeJS.ProcessEnv, settings: object): NodeJS.ProcessEnv {
  if (wantsTraces(env)) return env;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !(name.startsWith('OTEL_') && Object.hasOwn(settings, name))),
  );
}

function wantsTraces(env: NodeJS.ProcessEnv): boolean {
  const exporters = (env['OTEL_TRACES_EXPORTER'] || 'otlp').split(',').map((name) => name.trim());
  const isDisabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']) && !isDisabled && exporters.includes('otlp');
}

interface TracesOptions {
  name: string;
  config: Config<ServiceSettings> & { ENVIRONMENT?: string };
  logger: Logger;
}

/**
 * What sends the traces of a service, where its configuration says to where. It is loaded only then: it takes 0.2 s of
 * processor time and 10 MiB.
 */
export async function startTraces({ name, config, logger }: TracesOptions): Promise<OtlpTraces | undefined> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { OtlpTraces: Traces } = await import('./otlp-traces.ts');
  const { ENVIRONMENT: environment, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio } = config;
  return new Traces({ name, environment, sampler, ratio, logger });
}
