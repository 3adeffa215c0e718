/** What a text from the server means to the load generator. */
export type Heard = 'messages' | 'ready' | 'refused' | 'other' | { answer: string };

/** How a server is spoken to. */
export interface Dialect {
  /** What brings its texts: frames of a WebSocket, or the chunks of an HTTP response that does not end. */
  transport: 'websocket' | 'event stream';
  path: string;
  /** Said when the server spoke first, or at once. */
  greeting: { after: 'open' | 'first text'; text: string } | undefined;
  hear(text: string): Heard;
}

export type DialectName = 'ours' | 'socket.io' | 'ws' | 'sse' | 'centrifugo';

const SOCKET_IO_PATH = '/socket.io/?EIO=4&transport=websocket';
const PING = '2';
const PONG = '3';
const CONNECT = '40';
const CONNECT_ERROR = '44';
export const CHANNEL = 'hello';

function socketIo(messages: string, ready: string): Dialect {
  return {
    transport: 'websocket',
    path: SOCKET_IO_PATH,
    greeting: { after: 'first text', text: CONNECT },
    hear(text) {
      if (text.startsWith(messages)) return 'messages';
      if (text.startsWith(ready)) return 'ready';
      if (text === PING) return { answer: PONG };
      return text.startsWith(CONNECT_ERROR) ? 'refused' : 'other';
    },
  };
}

export const dialects: Record<DialectName, Dialect> = {
  // Whoever has the catch-up gets what is live.
  ours: socketIo('42["messages",', '42["catch-up",'),
  'socket.io': socketIo('42["message",', CONNECT),
  ws: { transport: 'websocket', path: '/', greeting: undefined, hear: () => 'messages' },
  sse: {
    transport: 'event stream',
    path: '/',
    greeting: undefined,
    hear: (text) => (text.startsWith('data:') ? 'messages' : 'other'),
  },
  centrifugo: {
    transport: 'websocket',
    path: '/connection/websocket',
    greeting: {
      after: 'open',
      text: `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${CHANNEL}"}}`,
    },
    hear(text) {
      if (text.includes('"pub":')) return 'messages';
      if (text.includes('"error":')) return 'refused';
      if (text.includes('"id":2')) return 'ready';
      return text === '{}' ? { answer: '{}' } : 'other';
    },
  },
};

/** Where a message says which one it is, and when it was sent. All servers send the same fields, in the same order. */
const MESSAGE = /"sequence": ?(\d+),.*?"nextInMs": ?([\d.]+)/g;

export interface Sent {
  sequence: number;
  /** By `clock`, in milliseconds. */
  sentAt: number;
}

/** The messages in a text, in their order. */
export function findMessages(text: string): Sent[] {
  return Array.from(text.matchAll(MESSAGE), ([, sequence, sentAt]) => ({
    sequence: Number(sequence),
    sentAt: Number(sentAt),
  }));
}
