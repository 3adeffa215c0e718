import type { Message } from '../history/index.ts';
import { type Audience, type Audiences, LoweredBatch } from './audiences.ts';
import type { CatchUps } from './catch-up.ts';
import type { Batch } from './server-events.ts';
import type { LiveServer } from './socket.io/client.ts';

interface RoomsOptions {
  io: LiveServer;
  catchUps: CatchUps;
  audiences: Audiences;
}

/** Sends to those who are live: all of a topic to its room, and to each audience what is for it. */
export class Rooms {
  readonly #options: RoomsOptions;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** Sends messages. Answers whether somebody gets all of the topic. */
  send(topic: string, messages: Message[]): boolean {
    const { io, catchUps, audiences } = this.#options;
    const isWatched = io.of('/').adapter.rooms.has(topic);
    if (isWatched) io.to(topic).emit('messages', { topic, messages, older: catchUps.older(topic, messages) });
    const watching = audiences.of(topic);
    if (watching.length > 0) this.#sendChosen(topic, messages, watching);
    return isWatched;
  }

  /** Sends messages, and tells that some before them are lost. */
  sendAfterGap(topic: string, messages: Message[]): void {
    const { io, catchUps, audiences } = this.#options;
    io.to(topic).emit('catch-up', catchUps.afterGap(topic, messages));
    const batch = new LoweredBatch(messages);
    for (const audience of audiences.of(topic))
      io.to(audience.room).emit('catch-up', catchUps.afterGap(topic, audience.matching(batch)));
  }

  /** Tells that a topic was created anew. */
  sendRestarted(topic: string): void {
    const { io, audiences } = this.#options;
    const rooms = [topic, ...audiences.of(topic).map(({ room }) => room)];
    for (const room of rooms) io.to(room).emit('restarted', { topic });
  }

  /** Sends those with a filter what is for them of a batch. */
  #sendChosen(topic: string, messages: Message[], audiences: Audience[]): void {
    const { io, catchUps } = this.#options;
    const positions = catchUps.livePositionsAfter(topic, messages);
    const batchOf = (chosen: Message[]): Batch => ({
      topic,
      messages: chosen,
      older: catchUps.older(topic, chosen),
      positions,
    });
    // The same object, so that it is encoded once for all who get all of it.
    const whole = batchOf(messages);
    const lowered = new LoweredBatch(messages);
    for (const audience of audiences) {
      const chosen = audience.choose(lowered);
      if (!chosen) continue;
      const isWhole = chosen.length === messages.length;
      io.to(audience.room).emit('messages', isWhole ? whole : batchOf(chosen));
    }
  }
}
