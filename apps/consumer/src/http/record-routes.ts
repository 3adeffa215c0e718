import createError from 'http-errors';
import type { Context } from 'koa';
import Router, { type RouterMiddleware } from 'koa-router';
import type { Viewer } from '../access/index.ts';
import { detailsOf } from './details.ts';
import type { History, HistoryRecord, PlaceState } from '../history/index.ts';
import { PLACE } from './query.ts';
import type { SupervisedOptions } from './supervised.ts';
import { valueOf } from './value.ts';
import type { WorkQueue } from '../work-queue.ts';

interface RecordRoutesOptions {
  history: History;
  /** Where they take their turns. */
  work: WorkQueue;
  needViewer: RouterMiddleware<{ viewer: Viewer }>;
  /** Throws where a viewer may not see a topic. */
  checkTopic: (viewer: Viewer, topic: string) => void;
  supervision: (ctx: Pick<Context, 'req'>, viewer: Viewer, topic: string) => SupervisedOptions;
}

const NOT_KEPT: Record<Exclude<PlaceState, 'kept'>, string> = {
  evicted: 'was evicted',
  absent: 'was never there',
  ahead: 'is not there yet',
};

/** What there is of a single record: its details, and its value as it came. */
export function createRecordRoutes(options: RecordRoutesOptions): Router<{ viewer: Viewer }> {
  const { history, work, needViewer, checkTopic, supervision } = options;
  const router = new Router<{ viewer: Viewer }>({ prefix: '/api/topics/:topic/messages/:partition/:offset' });

  const find = (topic: string, place: string): HistoryRecord => {
    const [partition, offset] = place.split('/').map(Number);
    const state = PLACE.test(place) ? history.stateOf(topic, partition!, offset!) : 'absent';
    if (state === 'kept') return history.at(topic, partition!, offset!)!;
    throw createError(404, `${place} of ${topic} ${NOT_KEPT[state]}`, { members: { reason: state } });
  };

  router.get('/', needViewer, async (ctx) => {
    const { topic, partition, offset } = ctx.params;
    checkTopic(ctx.state.viewer, topic!);
    ctx.type = 'json';
    ctx.body = await work.do(() => JSON.stringify(detailsOf(find(topic!, `${partition}/${offset}`))));
  });

  router.get('/value', needViewer, (ctx) => {
    const { topic, partition, offset } = ctx.params;
    const { viewer } = ctx.state;
    checkTopic(viewer, topic!);
    const record = find(topic!, `${partition}/${offset}`);
    ctx.attachment(`${topic}-${partition}-${offset}`);
    // Whatever it says it is: nothing of it is to run here.
    ctx.type = 'application/octet-stream';
    ctx.body = valueOf({ history, work, record, ...supervision(ctx, viewer, topic!) });
  });

  return router;
}
