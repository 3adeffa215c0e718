import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SlowClients } from './slow-clients.ts';

const MIB = 1024 * 1024;

/** Whether a client is found slow that takes so much of what is sent to it every second. */
function isFoundSlow({ sent, taken }: { sent: number; taken: number }): boolean {
  const websocket = { bufferedAmount: 0, _socket: { bytesWritten: 0 } };
  const socket = { conn: { writeBuffer: [], transport: { socket: websocket } } } as unknown as Socket;
  const slowClients = new SlowClients();
  const looks = Array.from({ length: 10 }, () => {
    websocket._socket.bytesWritten += sent;
    websocket.bufferedAmount = Math.max(0, websocket.bufferedAmount + sent - taken);
    return slowClients.find([socket]).length > 0;
  });
  return looks.includes(true);
}

describe('a client', () => {
  it('that takes nothing is slow', () => {
    expect(isFoundSlow({ sent: MIB, taken: 0 })).toBe(true);
  });

  it('that takes less than 1 MiB a second while more than that waits is slow', () => {
    expect(isFoundSlow({ sent: 2 * MIB, taken: 0.5 * MIB })).toBe(true);
  });

  it('that has much waiting at every look, but takes it, is not', () => {
    expect(isFoundSlow({ sent: 6 * MIB, taken: 5 * MIB })).toBe(false);
  });

  it('that takes nothing of little is not', () => {
    expect(isFoundSlow({ sent: 0.09 * MIB, taken: 0 })).toBe(false);
  });
});
