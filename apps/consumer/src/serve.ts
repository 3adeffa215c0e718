import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createSecureContext } from 'node:tls';
import {
  createApp,
  createMetricsApp,
  createSecureServer,
  holdConnections,
  HTTP_LIMITS,
  limitConnections,
  listen,
  type ServiceContext,
  TrustedProxies,
  WatchedFiles,
} from '@hello/service';
import { certificateEnd } from './certificate-end.ts';
import { mount, withoutBasePath } from './http/index.ts';
import type { ConsumerConfig } from './config.ts';
import type { Consumer } from './consumer.ts';
import { certificateMetric, refusedConnections } from './metrics.ts';

interface ServeOptions {
  context: ServiceContext;
  consumer: Consumer;
  config: ConsumerConfig & { HOST: string; PORT: number };
}

/**
 * Serves a consumer as its configuration says: in the clear or by TLS, behind a proxy or not, with its metrics at the
 * same port or at one of their own.
 *
 * @returns the URL where people find it, and what ends all but the server itself, which the consumer closes right
 * after. Whoever is connected to it half a second later is cut off.
 * @throws {StartError} when a port cannot be had, or a certificate cannot be used.
 */
export async function serveConsumer({
  context,
  consumer,
  config,
}: ServeOptions): Promise<{ url: string; close: () => void }> {
  const { HOST: host, PORT: port, METRICS_PORT: metricsPort, CONNECTIONS_PER_ADDRESS: perAddress } = config;
  const { logger } = context;
  const notReady = () => consumer.notReady();
  const { basePath = '/' } = config.PUBLIC_URL ?? {};
  const app = createApp(context, notReady, mount(consumer.routes, basePath), { metrics: metricsPort === undefined });
  // Koa believes every X-Forwarded-* header then: what nobody should believe is taken out of each request below.
  app.proxy = true;
  const proxies = new TrustedProxies(config.TRUSTED_PROXIES ?? []);
  const { server, close } = createServerFor(app.callback(), config, context);
  const cutOffConnections = holdConnections(server);
  const refused = refusedConnections(context.registry);
  limitConnections(server, perAddress, proxies, (address) => {
    refused.inc();
    // Whoever floods the port must not flood the log.
    logger.debug({ address }, 'a connection is refused: this address has too many open');
  });
  // Before everything else that listens for them.
  server.prependListener('request', (request: IncomingMessage) => proxies.sift(request));
  server.prependListener('upgrade', (request: IncomingMessage) => {
    proxies.sift(request);
    request.url = withoutBasePath(request.url!, basePath);
  });
  const metrics = createServer(createMetricsApp(context, notReady).callback());
  try {
    if (metricsPort !== undefined) await listen(metrics, host, metricsPort, 'METRICS_PORT');
    const url = await listen(server, host, port);
    consumer.attach(server);
    return {
      url,
      close() {
        close();
        cutOffConnections();
        metrics.close();
        metrics.closeAllConnections();
      },
    };
  } catch (error) {
    close();
    metrics.close();
    throw error;
  }
}

function createServerFor(
  handler: RequestListener,
  { TLS_CERT: certFile, TLS_KEY: keyFile }: ConsumerConfig,
  { logger, registry }: ServiceContext,
): { server: Server; close: () => void } {
  if (certFile === undefined || keyFile === undefined)
    return { server: createServer(HTTP_LIMITS, handler), close: () => {} };
  const certificate = new WatchedFiles({
    setting: 'TLS_CERT and TLS_KEY',
    paths: [certFile, keyFile],
    parse: ([cert = '', key]) => {
      // Made for its errors: what does not fit together must not come into force.
      createSecureContext({ cert, key });
      return { cert, key, minVersion: 'TLSv1.2' as const };
    },
    logger,
    onChange: (value) => server.setSecureContext(value),
  });
  certificateMetric(registry, () => certificateEnd(certificate.value.cert));
  const server = createSecureServer(certificate.value, handler);
  return { server, close: () => certificate.close() };
}
