import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { benchMessage } from '../message.ts';
import { serve } from './serve.ts';

// What a loop over sockets costs in Node, as the README of ws has it. Encoded once: a good neighbour makes a hard comparison.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
await once(server, 'listening');

serve((server.address() as AddressInfo).port, (sequence, dueAt) => {
  const data = Buffer.from(JSON.stringify(benchMessage(sequence, dueAt)));
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
  }
});
