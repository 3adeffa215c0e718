import { describe, expect, it } from 'vitest';
import { benchMessage } from '../message.ts';
import { dialects, findMessages } from './dialect.ts';

const one = JSON.stringify(benchMessage(7, 1234.5));
const two = JSON.stringify(benchMessage(8, 1240.25));

describe('findMessages', () => {
  it.each([
    ['ws', one],
    ['SSE', `data: ${one}\n\n`],
    ['Socket.IO', `42["message",${one}]`],
    ['Centrifugo', `{"push":{"channel":"hello","pub":{"data":${one}}}}`],
    ['Python', `42["message",${one.replaceAll('":', '": ').replaceAll(',"', ', "')}]`],
  ])('finds the message of %s', (_, text) => {
    expect(findMessages(text)).toEqual([{ sequence: 7, sentAt: 1234.5 }]);
  });

  it('finds every message of a batch, in order', () => {
    expect(findMessages(`42["messages",{"topic":"t","messages":[${one},${two}],"older":null}]`)).toEqual([
      { sequence: 7, sentAt: 1234.5 },
      { sequence: 8, sentAt: 1240.25 },
    ]);
  });
});

describe('dialects', () => {
  it('tells what is live from what was before', () => {
    expect(dialects.ours.hear(`42["catch-up",{"messages":[${one}]}]`)).toBe('ready');
    expect(dialects.ours.hear(`42["messages",{"messages":[${one}]}]`)).toBe('messages');
    expect(dialects.ours.hear('42["welcome",{}]')).toBe('other');
  });

  it('tells events from comments', () => {
    expect(dialects.sse.hear(`data: ${one}\n\n`)).toBe('messages');
    expect(dialects.sse.hear(': hello\n\n')).toBe('other');
  });

  it('answers pings', () => {
    expect(dialects['socket.io'].hear('2')).toEqual({ answer: '3' });
    expect(dialects.centrifugo.hear('{}')).toEqual({ answer: '{}' });
  });

  it('knows a refusal', () => {
    expect(dialects.ours.hear('44{"message":"there is no topic x here"}')).toBe('refused');
    expect(dialects.centrifugo.hear('{"id":2,"error":{"code":103}}')).toBe('refused');
  });

  it('is ready with Centrifugo when it has subscribed', () => {
    expect(dialects.centrifugo.hear('{"id":1,"connect":{"client":"a"}}')).toBe('other');
    expect(dialects.centrifugo.hear('{"id":2,"subscribe":{}}')).toBe('ready');
  });
});
