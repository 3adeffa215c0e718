import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { ByteReader } from './byte-reader.ts';

/** How requests and responses of Kafka's protocol are made and read. How they are sent is kafka-connection's. */

const require = createRequire(import.meta.url);

export interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeInt64(value: number): this;
  writeBoolean(value: boolean): this;
  writeBuffer(value: Buffer): this;
  writeEncoder(value: Encoder): this;
  writeUVarInt(value: number): this;
  writeUVarIntString(value: string | null): this;
  writeUVarIntArray(values: Encoder[]): this;
}

/** A request, and how its response is read. `parse` throws what the response says went wrong. */
export interface Call<T> {
  request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> };
  response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: never): Promise<T> };
}

/** What a broker understands: the API key of a request -> the versions of it. */
export type Versions = Record<number, { minVersion: number; maxVersion: number }>;

/** A call in the version that a broker understands. */
export type Ask<T> = (versions: Versions) => Call<T>;

type ApiName = Extract<keyof typeof apiKeys, string>;

export const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;
const { requests, lookup } = require('kafkajs/src/protocol/requests') as {
  requests: Record<ApiName, { protocol(options: { version: number }): (parameters?: unknown) => Call<unknown> }>;
  lookup: (versions: Versions) => (apiKey: number, definition: unknown) => (parameters?: unknown) => Call<unknown>;
};
const { errorCodes, createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  errorCodes: { code: number; type: string; message: string; retriable: boolean }[];
  createErrorFromCode: (code: number) => Error;
};

// Newer than kafkajs.
errorCodes.push(
  { code: 100, type: 'UNKNOWN_TOPIC_ID', message: 'This server does not host this topic ID', retriable: true },
  { code: 103, type: 'INCONSISTENT_TOPIC_ID', message: 'The topic ID in the log did not match', retriable: true },
);

/** The error codes that are told apart here, or said by it. */
export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const LEADER_NOT_AVAILABLE = 5;

/** The error that a code stands for. */
export const protocolError = (code: number): Error => createErrorFromCode(code);

/** As it is sent. */
export const frame = require('kafkajs/src/protocol/request') as (options: {
  request: Call<unknown>['request'];
  correlationId: number;
  clientId: string;
}) => Promise<Encoder>;

/** A request that kafkajs knows, in the newest version that it and the broker know. */
export const known =
  <P, T>(name: ApiName) =>
  (parameters: P): Ask<T> =>
  (versions) =>
    lookup(versions)(apiKeys[name]!, requests[name])(parameters) as Call<T>;

/** What a broker understands. Version 0, which every broker answers. */
export const apiVersions = requests.ApiVersions!.protocol({ version: 0 })() as Call<{
  apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[];
}>;

export const READ_COMMITTED = 1;

/** A request that kafkajs does not know, of the protocol's "flexible" versions. */
export function flexible<T>(
  { name, version, encode }: { name: ApiName; version: number; encode: () => Encoder },
  read: (reader: ByteReader) => T,
): Ask<T> {
  const apiKey = apiKeys[name]!;
  return (versions) => {
    if ((versions[apiKey]?.maxVersion ?? 0) < version)
      throw new kafkajs.KafkaJSNonRetriableError('This Kafka is too old: it must be 3.1 or later');
    return {
      // The tags of the header come first.
      request: {
        apiKey,
        apiVersion: version,
        apiName: name,
        encode: async () => noTags(new Encoder()).writeEncoder(encode()),
      },
      response: {
        decode: async (payload) => {
          const reader = new ByteReader(payload);
          reader.skipTags();
          return read(reader);
        },
        parse: async (decoded: T) => decoded,
      },
    };
  };
}

export const noTags = (encoder: Encoder): Encoder => encoder.writeUVarInt(0);

export interface Address {
  host: string;
  port: number;
}
