import kafkajs from 'kafkajs';

const { KafkaJSAggregateError, KafkaJSConnectionError, KafkaJSProtocolError, KafkaJSSASLAuthenticationError } = kafkajs;

/** OpenSSL's words for a certificate that none of the authorities that are trusted has signed. */
const UNTRUSTED = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The protocol's name of what went wrong. */
export function errorType(error: unknown): string | undefined {
  const root = rootOf(error);
  return root instanceof KafkaJSProtocolError ? root.type : undefined;
}

/** Whether the user has no right to do what was tried. */
export function isForbidden(error: unknown): boolean {
  return errorType(error)?.endsWith('_AUTHORIZATION_FAILED') ?? false;
}

/**
 * The same error in words that say what to look at, where those of kafkajs do not.
 *
 * @param deed what was tried, such as `describe hello-world`.
 */
export function explain(error: unknown, deed: string): Error {
  const root = rootOf(error);
  const words = inWords(root, deed);
  return words === undefined ? (root as Error) : new Error(words, { cause: error });
}

function inWords(root: unknown, deed: string): string | undefined {
  const { message, code } = root as Error & { code?: string };
  if (isForbidden(root)) return `Kafka does not let this user ${deed}: ${message}`;
  if (root instanceof KafkaJSSASLAuthenticationError)
    return `Kafka refuses the user or the password (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD): ${message}`;
  if (root instanceof KafkaJSConnectionError && UNTRUSTED.has(code ?? ''))
    return `the certificate of Kafka is not signed by an authority in KAFKA_SSL_CA (${code})`;
  return undefined;
}

/** What kafkajs wrapped after its last retry, or the first of several errors. */
function rootOf(error: unknown): unknown {
  if (error instanceof KafkaJSAggregateError) return rootOf(error.errors[0]);
  return error instanceof Error && error.cause ? rootOf(error.cause) : error;
}
