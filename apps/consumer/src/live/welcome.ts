import type { About, PageBuild } from '../about.ts';
import type { Viewer } from '../access/index.ts';
import type { Welcome } from './server-events.ts';

export interface WelcomeOptions {
  aboutFor: (viewer: Viewer) => About;
  /** When a topic's next broadcast is due, in milliseconds since the Unix epoch; null where that is not known. */
  dueAt: (topic: string) => number | null;
  /** The page that is served, so that one of before can tell. */
  pageBuild: PageBuild;
}

/** What a viewer is told first. */
export function welcomeFor(viewer: Viewer, { aboutFor, dueAt, pageBuild }: WelcomeOptions): Welcome {
  const about = aboutFor(viewer);
  const due: Record<string, number> = {};
  for (const topic of about.topics) {
    const at = dueAt(topic);
    if (at !== null) due[topic] = at;
  }
  return { ...about, ...pageBuild, now: Date.now(), due };
}
