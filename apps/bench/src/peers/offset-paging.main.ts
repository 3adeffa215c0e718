import { DatabaseSync } from 'node:sqlite';
import { createServer } from 'node:http';
import { decodeBroadcast } from '@hello/broadcasts';
import { createApp, createLogger, createRegistry, listen } from '@hello/service';
import Router from 'koa-router';
import { answer } from '../answer.ts';
import { ownUsage } from '../usage.ts';
import { TOPIC } from './consumer.ts';
import { MadeLog } from './made-log.ts';
import { earliest } from '@hello/broadcasts';

// The same rows, index, application and answer, but for LIMIT and OFFSET: what most people write first.
const SCHEMA = `
  PRAGMA cache_size = -16384;
  PRAGMA journal_mode = MEMORY;
  PRAGMA synchronous = OFF;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (topic, partition, offset)
  );
  CREATE INDEX by_time ON messages (topic, timestamp, partition, offset);
`;

const calls = {
  async start(records: number): Promise<number> {
    const database = new DatabaseSync('');
    database.exec(SCHEMA);
    await fill(database, records);
    const page = database.prepare(
      `SELECT json FROM messages WHERE topic = 0
       ORDER BY timestamp DESC, partition DESC, offset DESC LIMIT 50 OFFSET ?`,
    );
    const router = new Router();
    router.get('/messages', (ctx) => {
      const rows = page.all(Number(ctx.query.offset)) as { json: string }[];
      ctx.type = 'json';
      ctx.body = `{"messages":[${rows.map(({ json }) => json).join(',')}]}`;
    });
    const context = {
      name: 'offset',
      logger: createLogger({ name: 'offset', level: 'info' }),
      registry: createRegistry(),
    };
    const server = createServer(createApp(context, () => undefined, router).callback());
    return Number(new URL(await listen(server, '127.0.0.1', 0)).port);
  },
  usage: ownUsage,
};

async function fill(database: DatabaseSync, records: number): Promise<void> {
  const insert = database.prepare(
    'INSERT INTO messages (topic, partition, offset, timestamp, json) VALUES (0, ?, ?, ?, ?)',
  );
  const stop = new AbortController();
  for await (const batch of new MadeLog(records).topic(TOPIC).read({ from: earliest(), signal: stop.signal })) {
    database.exec('BEGIN');
    for (const { topic, partition, offset, timestamp, key, value } of batch.records) {
      const place = { topic, partition, offset, timestamp, key: Buffer.from(key!).toString() };
      const json = JSON.stringify({ ...place, ...decodeBroadcast(value) });
      insert.run(partition, offset, timestamp, json);
    }
    database.exec('COMMIT');
    if (batch.records.at(-1)!.offset === records - 1) return;
  }
}

export type OffsetPagingCalls = typeof calls;

answer(calls);
