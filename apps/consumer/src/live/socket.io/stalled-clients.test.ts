import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { StalledClients } from './stalled-clients.ts';

const KIB = 1024;
const SECOND = 1_000;

/**
 * After how many seconds a client is found stalled for which so much waits, and who takes so much of it each second.
 */
function secondsUntilStalled({ waits, takes }: { waits: number; takes: (second: number) => number }): number {
  const connection = { bytesWritten: waits, writableLength: waits };
  const websocket = { bufferedAmount: waits, _socket: connection };
  const socket = { conn: { writeBuffer: [], transport: { socket: websocket } } } as unknown as Socket;
  const stalledClients = new StalledClients();
  for (let second = 0; second < 60; second += 1) {
    if (stalledClients.isStalled(socket, second * SECOND)) return second;
    connection.writableLength -= Math.min(connection.writableLength, takes(second));
    websocket.bufferedAmount = connection.writableLength;
  }
  return Infinity;
}

describe('a client', () => {
  it('that takes nothing is stalled after 10 s', () => {
    expect(secondsUntilStalled({ waits: 1, takes: () => 0 })).toBe(10);
  });

  it('that takes a little each second, or each 9 s, is not', () => {
    expect(secondsUntilStalled({ waits: 900 * KIB, takes: () => 1 })).toBe(Infinity);
    expect(secondsUntilStalled({ waits: 900 * KIB, takes: (second) => (second % 9 === 0 ? 1 : 0) })).toBe(Infinity);
  });

  it('that takes nothing any more is stalled 10 s later', () => {
    expect(secondsUntilStalled({ waits: 900 * KIB, takes: (second) => (second < 20 ? KIB : 0) })).toBe(30);
  });

  it('for which nothing waits is not', () => {
    expect(secondsUntilStalled({ waits: 0, takes: () => 0 })).toBe(Infinity);
  });
});
