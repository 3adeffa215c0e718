import type { Broadcast } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { createTestContext } from '../../service/testing/context.ts';
import { serve } from '../../service/testing/serve.ts';
import { createProducerApp } from './app.ts';
import type { Producer, ProducerStatus } from './producer.ts';

const STATUS: ProducerStatus = {
  topic: 'hello-world',
  environment: 'test',
  last: { text: 'Hello world', sequence: 3, nextInMs: 2_500.5 } as Broadcast,
  nextAt: 3_500.5,
  held: 0,
  heldForMs: 0,
};

const start = (producer: Partial<Producer>) =>
  serve(
    createProducerApp(createTestContext(), {
      status: () => STATUS,
      notReady: () => undefined,
      close: async () => {},
      ...producer,
    }).callback(),
  );

describe('createProducerApp', () => {
  it('shows the last and the next broadcast', async () => {
    const response = await fetch(await start({}));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(STATUS);
  });

  it('is as ready as its producer', async () => {
    expect((await fetch(`${await start({})}/readyz`)).status).toBe(200);
    const response = await fetch(`${await start({ notReady: () => 'nothing goes out' })}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: 'nothing goes out' });
  });

  it('takes nothing', async () => {
    const response = await fetch(await start({}), { method: 'POST', body: 'Hello' });
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ status: 405 });
  });
});
