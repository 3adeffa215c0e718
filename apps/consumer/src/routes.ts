import createError from 'http-errors';
import Router from 'koa-router';
import { z } from 'zod';
import { CursorError, decodeCursor } from './cursor.ts';
import type { Keyset } from './keyset.ts';
import { download, FORMATS, type Format } from './download.ts';
import type { History } from './history.ts';
import type { About } from './live.ts';
import type { BundledPage } from './page-bundle.ts';

const PAGE_LIMIT = 500;
const DEFAULT_LIMIT = 50;

const QuerySchema = z.strictObject({
  before: z.string().optional(),
  after: z.string().optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected a whole number from 1')
    .transform(Number)
    .optional(),
  format: z.enum(['json', ...FORMATS]).optional(),
});

interface RoutesOptions {
  history: History;
  about: About;
  page: BundledPage;
}

/** The consumer's HTTP side: the page, the topics, and their history. */
export function createRoutes({ history, about, page }: RoutesOptions): Router {
  const router = new Router();

  router.get('/', (ctx) => {
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'html';
    ctx.body = page.html;
  });

  router.get('/assets/:file', (ctx) => {
    const asset = page.assets.get(ctx.params.file!);
    if (!asset) return;
    // The name changes with the content, so it never has to be asked for again.
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.type = asset.type;
    ctx.body = asset.body;
  });

  router.get('/api/topics', (ctx) => {
    ctx.body = { ...about, topics: history.topics.map((topic) => ({ topic, messages: history.count(topic) })) };
  });

  router.get('/api/topics/:topic/messages', (ctx) => {
    const topic = ctx.params.topic!;
    if (!history.has(topic))
      throw createError(404, `there is no topic ${topic} here; there is ${history.topics.join(', ')}`);
    const { limit, ...query } = parse(ctx.query);
    const format = query.format ?? negotiate(ctx.accepts('json', 'application/x-ndjson', 'text/csv'));
    const bounds = { before: keyset(topic, 'before', query.before), after: keyset(topic, 'after', query.after) };
    if (format !== 'json') {
      ctx.attachment(`${topic}.${format}`);
      ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
      ctx.body = download(history, topic, format, { ...bounds, limit });
      return;
    }
    if (limit !== undefined && limit > PAGE_LIMIT) {
      throw createError(
        400,
        `limit: a page has at most ${PAGE_LIMIT} messages; follow "next", or download with format=ndjson or csv`,
      );
    }
    const { messages, next } = history.page(topic, { ...bounds, limit: limit ?? DEFAULT_LIMIT });
    ctx.type = 'json';
    // The messages are JSON texts as they come from the history.
    ctx.body = `{"messages":[${messages.join(',')}],"next":${JSON.stringify(next)}}`;
  });

  return router;
}

function parse(query: unknown): z.infer<typeof QuerySchema> {
  const result = QuerySchema.safeParse(query);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw createError(400, issue!.path.length > 0 ? `${issue!.path.join('.')}: ${issue!.message}` : issue!.message);
}

function negotiate(accepted: string | false): 'json' | Format {
  if (accepted === 'text/csv') return 'csv';
  return accepted === 'application/x-ndjson' ? 'ndjson' : 'json';
}

function keyset(topic: string, parameter: string, cursor: string | undefined): Keyset | undefined {
  if (cursor === undefined) return undefined;
  try {
    return decodeCursor(topic, cursor);
  } catch (error) {
    if (error instanceof CursorError) throw createError(400, `${parameter}: ${error.message}`);
    throw error;
  }
}
