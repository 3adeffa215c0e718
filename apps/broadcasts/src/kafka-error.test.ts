import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { errorType, explain, isForbidden } from './kafka-error.ts';

const protocolError = (type: string, message: string) =>
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error(message), { type, code: 29, retriable: false }));
/** As kafkajs rejects after its last retry. */
const lastRetryOf = (error: Error) =>
  new kafkajs.KafkaJSNumberOfRetriesExceeded(error, { retryCount: 4, retryTime: 1 });
const words = (error: unknown): string => explain(error, 'describe t').message;

describe('errorType', () => {
  const error = protocolError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition');

  it('is found in what kafkajs wrapped and in the first of several', () => {
    expect(errorType(error)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(errorType(lastRetryOf(error))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(errorType(new kafkajs.KafkaJSAggregateError('Topic creation errors', [error]))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
  });

  it('is missing from what the broker did not say', () => {
    expect(errorType(new Error('away'))).toBeUndefined();
    expect(errorType(undefined)).toBeUndefined();
  });
});

describe('isForbidden', () => {
  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', true],
    ['GROUP_AUTHORIZATION_FAILED', true],
    ['CLUSTER_AUTHORIZATION_FAILED', true],
    ['UNKNOWN_TOPIC_OR_PARTITION', false],
  ])('%s: %s', (type, forbidden) => {
    expect(isForbidden(protocolError(type, 'no'))).toBe(forbidden);
  });
});

describe('explain', () => {
  it('says what the user may not do', () => {
    const error = protocolError('CLUSTER_AUTHORIZATION_FAILED', 'Cluster authorization failed');
    expect(words(error)).toBe('Kafka does not let this user describe t: Cluster authorization failed');
  });

  it.each(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_SIGNATURE_FAILURE'])(
    'says which setting %s is about',
    (code) => {
      const error = new kafkajs.KafkaJSConnectionError('Connection error: try --use-system-ca', { code });
      expect(words(lastRetryOf(error))).toBe(
        `the certificate of Kafka is not signed by an authority in KAFKA_SSL_CA (${code})`,
      );
    },
  );

  it('keeps the words of everything else, and gives the reason for "Topic creation errors"', () => {
    const error = new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' });
    expect(words(lastRetryOf(error))).toBe('connect ECONNREFUSED 127.0.0.1:1');
    const several = new kafkajs.KafkaJSAggregateError('Topic creation errors', [
      protocolError('INVALID_REPLICATION_FACTOR', 'Replication-factor is invalid'),
    ]);
    expect(words(several)).toBe('Replication-factor is invalid');
  });

  it('keeps what it explains as the cause', () => {
    const error = lastRetryOf(protocolError('TOPIC_AUTHORIZATION_FAILED', 'no'));
    expect(explain(error, 'describe t').cause).toBe(error);
  });
});
