import type { ServerResponse } from 'node:http';
import { benchMessage } from '../message.ts';
import { openServer } from './open-server.ts';
import { serve } from './serve.ts';

const HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' };

// Server-sent events, as many would write them who only push. Encoded once, as with ws.
serve(async (options) => {
  const responses = new Set<ServerResponse>();
  const { port } = await openServer(options, (_, response) => {
    response.writeHead(200, HEADERS).flushHeaders();
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  return {
    port,
    say(sequence, dueAt) {
      const event = Buffer.from(`data: ${JSON.stringify(benchMessage(sequence, dueAt))}\n\n`);
      for (const response of responses) response.write(event);
    },
  };
});
