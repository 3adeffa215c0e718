import { expect, it } from 'vitest';
import { serve } from '../../../service/testing/serve.ts';
import { measureSearch } from './search-load.ts';

it('follows a search to its end, and counts what was looked at and found', async () => {
  const paths: string[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url!);
    const next = paths.length < 3 ? `place-${paths.length}` : null;
    const body = JSON.stringify({ messages: next ? [] : ['found'], next, searched: { messages: 10 } });
    response.setHeader('content-length', body.length);
    response.end(body);
  });
  const measured = await measureSearch(Number(new URL(url).port), '/messages?contains=a');
  expect(paths).toEqual([
    '/messages?contains=a',
    '/messages?contains=a&before=place-1',
    '/messages?contains=a&before=place-2',
  ]);
  expect(measured).toMatchObject({ looked: 30, found: 1, requests: 3 });
  expect(measured.lookedPerSecond).toBeGreaterThan(0);
});
