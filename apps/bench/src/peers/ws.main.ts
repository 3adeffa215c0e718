import { WebSocket, WebSocketServer } from 'ws';
import { benchMessage } from '../message.ts';
import { openServer } from './open-server.ts';
import { serve } from './serve.ts';

// What a loop over sockets costs in Node, as the README of ws has it. Encoded once: a good neighbour makes a hard
// comparison.
serve(async (options) => {
  const { server, port } = await openServer(options);
  const { clients } = new WebSocketServer({ server });
  return {
    port,
    say(sequence, dueAt) {
      const data = Buffer.from(JSON.stringify(benchMessage(sequence, dueAt)));
      for (const client of clients) {
        if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
      }
    },
  };
});
