import { Server } from 'socket.io';
import { benchMessage } from '../message.ts';
import { openServer } from './open-server.ts';
import { serve } from './serve.ts';

// Socket.IO as its documentation begins, with its default settings.
serve(async (options) => {
  const { server, port } = await openServer(options);
  const io = new Server(server);
  return { port, say: (sequence, dueAt) => void io.emit('message', benchMessage(sequence, dueAt)) };
});
