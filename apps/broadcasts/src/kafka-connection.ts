import { createRequire } from 'node:module';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs, { type KafkaConfig as KafkaJsConfig, type SASLOptions } from 'kafkajs';
import { type Frame, FrameReader } from './kafka-frames.ts';
import { type Address, apiVersions, type Ask, type Call, frame, type Versions } from './kafka-protocol.ts';

const { KafkaJSConnectionError, KafkaJSError, KafkaJSRequestTimeoutError } = kafkajs;

const CONNECT_MS = 5_000;
const REQUEST_MS = 5_000;
const KEEP_ALIVE_MS = 60_000;
/** The part that is used of a session's lifetime, after which the broker wants the user to authenticate again. */
const SESSION_USED = 0.8;

const require = createRequire(import.meta.url);

/** kafkajs's: it needs no more of a connection than this. */
const SaslAuthenticator = require('kafkajs/src/broker/saslAuthenticator') as new (
  connection: Address & { sasl: SASLOptions; send<T>(call: Call<T>): Promise<T> },
  logger: unknown,
  versions: Versions,
  supportAuthenticationProtocol: true,
) => { authenticate(): Promise<void>; sessionLifetime: string };

const silent = { namespace: () => silent, debug: () => {}, error: () => {} };

export interface ConnectionOptions extends Address, Pick<KafkaJsConfig, 'ssl' | 'sasl'> {
  /** The name that this client has in the broker's log and metrics. */
  clientId: string;
}

export interface SendOptions {
  /** Milliseconds in which the broker must answer. */
  timeoutMs?: number;
  /** The time starts again whenever something of an answer comes: for long answers over slow lines. */
  sliding?: boolean;
}

interface Waiting {
  resolve: (payload: Buffer) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  sliding: boolean;
}

/**
 * A connection to a broker, which has authenticated the user. Everything has a deadline, and a broker that misses one
 * is given up: what it would answer later, nobody waits for.
 */
export class KafkaConnection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  readonly #waiting = new Map<number, Waiting>();
  #versions: Versions = {};
  #correlationId = 0;
  #error: Error | undefined;
  #expiresAt = Infinity;
  #isRetired = false;

  /** Begins to connect, see opened. */
  constructor(options: ConnectionOptions) {
    const { host, port, ssl } = options;
    this.#options = options;
    const servername = isIP(host) ? {} : { servername: host };
    this.#socket = ssl
      ? connectTls({ host, port, ...servername, ...(ssl === true ? {} : ssl) })
      : connect({ host, port });
    this.#socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(
        new KafkaJSConnectionError(`Connection error: ${inWords(error)}`, { broker: this.#broker, code: error.code }),
      );
    });
    this.#socket.on('close', () => this.#fail(this.#problem('Closed connection')));
  }

  /**
   * Waits until it can be used. Rejects when the broker cannot be reached, does not answer, or does not know the user.
   */
  async opened(): Promise<this> {
    try {
      await this.#connected();
      await this.#handshake();
      return this;
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Calls back once, when it is closed, with why. */
  onClosed(callback: (error: Error) => void): void {
    this.#socket.once('close', () => callback(this.#error!));
  }

  /** Ends it as soon as nobody waits for an answer. Nothing may be sent any more. */
  retire(): void {
    this.#isRetired = true;
    if (this.idle) this.destroy();
  }

  /** Whether nobody waits for an answer. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether it can be used: neither closed nor about to be, since its session is nearly over. */
  get usable(): boolean {
    return !this.#error && Date.now() < this.#expiresAt;
  }

  /** Rejects with what the answer says went wrong, or because there was none. */
  async send<T>(ask: Ask<T>, options: SendOptions = {}): Promise<T> {
    return this.#exchange(ask(this.#versions), options);
  }

  /** Ends it at once; what is on its way is rejected. */
  destroy(error: Error = this.#problem('Closed connection')): void {
    this.#fail(error);
    this.#socket.destroy();
  }

  get #broker(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  #problem(words: string): Error {
    return new KafkaJSConnectionError(`${words}: ${this.#broker}`, { broker: this.#broker });
  }

  async #connected(): Promise<void> {
    const event = this.#options.ssl ? 'secureConnect' : 'connect';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.destroy(this.#problem('Connection timeout')), CONNECT_MS);
    this.#socket.once(event, resolve).once('close', () => reject(this.#error));
    await promise.finally(() => clearTimeout(timer));
  }

  /** Learns which versions of requests the broker understands, and authenticates the user. */
  async #handshake(): Promise<void> {
    const answer = await this.#exchange(apiVersions, {});
    for (const { apiKey, ...versions } of answer.apiVersions) this.#versions[apiKey] = versions;
    const { host, port, sasl } = this.#options;
    if (!sasl) return;
    const send = <T>(call: Call<T>): Promise<T> => this.#exchange(call, {});
    // A copy, since it is written on.
    const user = { host, port, sasl: { ...sasl } as SASLOptions, send };
    const authenticator = new SaslAuthenticator(user, silent, this.#versions, true);
    await authenticator.authenticate();
    const sessionMs = Number(authenticator.sessionLifetime);
    if (sessionMs > 0) this.#expiresAt = Date.now() + sessionMs * SESSION_USED;
  }

  async #exchange<T>(
    { request, response }: Call<T>,
    { timeoutMs = REQUEST_MS, sliding = false }: SendOptions,
  ): Promise<T> {
    const correlationId = this.#correlationId++ % 2 ** 31;
    const { buffer } = await frame({ request, correlationId, clientId: this.#options.clientId });
    if (this.#error) throw this.#error;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const timer = setTimeout(() => this.destroy(this.#timeout(request.apiName, timeoutMs)), timeoutMs);
    this.#waiting.set(correlationId, { resolve, reject, timer, sliding });
    this.#socket.write(buffer);
    const decoded = await response.decode(await promise).catch((error: Error) => {
      if (error instanceof KafkaJSError) throw error;
      this.destroy(this.#notKafka());
      throw this.#error!;
    });
    return response.parse(decoded as never);
  }

  #timeout(apiName: string, timeoutMs: number): Error {
    const words = `${this.#broker} does not answer: ${apiName} took more than ${timeoutMs / 1000} s`;
    return new KafkaJSRequestTimeoutError(words, { broker: this.#broker } as never);
  }

  #notKafka(): Error {
    return this.#problem('Closed connection, since what answers is not the protocol of Kafka (does it want TLS?)');
  }

  #take(chunk: Buffer): void {
    for (const { timer, sliding } of this.#waiting.values()) if (sliding) timer.refresh();
    this.#frames.feed(chunk);
    try {
      for (let response = this.#frames.next(); response; response = this.#frames.next()) this.#answer(response);
    } catch {
      // How it cannot be one tells nobody what to do.
      this.destroy(this.#notKafka());
    }
  }

  #answer({ correlationId, payload }: Frame): void {
    const waiting = this.#waiting.get(correlationId);
    if (!waiting) return this.destroy(this.#notKafka());
    this.#waiting.delete(correlationId);
    clearTimeout(waiting.timer);
    waiting.resolve(payload);
    if (this.#isRetired && this.idle) this.destroy();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#error);
    }
    this.#waiting.clear();
  }
}

/** Where a name has several addresses, node says nothing but what went wrong at each. */
const inWords = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map(({ message }: Error) => message).join(', ') : error.message;
