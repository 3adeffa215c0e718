import type { Socket } from 'socket.io';

/**
 * Answers a client's event `time`, which has nothing but an acknowledgement, with the milliseconds since the Unix
 * epoch.
 */
export function answerTime(socket: Socket): void {
  socket.on('time', (answer: unknown) => {
    if (typeof answer === 'function') answer(Date.now());
  });
}
