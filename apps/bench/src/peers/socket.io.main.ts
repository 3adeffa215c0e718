import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { benchMessage } from '../message.ts';
import { serve } from './serve.ts';

// Socket.IO as its documentation begins, with its default settings.
const http = createServer();
const io = new Server(http);
http.listen(0, '127.0.0.1');
await once(http, 'listening');

serve((http.address() as AddressInfo).port, (sequence, dueAt) => {
  io.emit('message', benchMessage(sequence, dueAt));
});
