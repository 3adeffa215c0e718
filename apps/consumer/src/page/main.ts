import { Connection } from './connection.ts';
import { Countdown } from './countdown.ts';
import { element, setText } from './element.ts';
import { type Entry, toEntries } from './entry.ts';
import { Feed } from './feed.ts';
import { exportUrl, fetchOlder } from './history-page.ts';
import { Holder } from './holder.ts';
import { showState } from './pill.ts';
import { Plots } from './plots.ts';
import { Tiles } from './tiles.ts';
import { showTopics, topicInAddress } from './topics.ts';

const COUNTDOWN_MS = 100;
const TICK_MS = 1_000;

const olderButton = element<HTMLButtonElement>('older');
const pauseButton = element<HTMLButtonElement>('pause');
const filterInput = element<HTMLInputElement>('filter');
const errorText = element('error');
const rows = element('rows');

const feed = new Feed();
const holder = new Holder(backToNow);
const countdown = new Countdown();
const tiles = new Tiles();
const plots = new Plots();

let topics: string[] = [];
let topic = topicInAddress() ?? '';
let paused = false;
/** Newer messages than the top row are not on the page: somebody went back far into the history. */
let detached = false;

const connection = new Connection(topic || undefined, {
  onState: showState,
  onAbout(about) {
    topics = about.topics;
    setText(element('environment'), about.environment);
    setText(element('banner'), about.banner);
    document.title = about.banner;
  },
  onCatchUp(catchUp, resumed) {
    showTopic(catchUp.topic);
    if (catchUp.recovered) return arrive(toEntries(catchUp, Date.now()));
    if (resumed) feed.addGap();
    const entries = toEntries(catchUp, null);
    const last = entries.at(-1);
    if (last) {
      countdown.follow(last.message);
      tiles.follow(last);
    }
    detached = false;
    feed.add(entries);
  },
  onBatch: (batch) => arrive(toEntries(batch, Date.now())),
  onRestarted: clear,
});

/** Takes in what arrived live. */
function arrive(entries: Entry[]): void {
  if (entries.length === 0) return;
  plots.add(entries);
  countdown.follow(entries.at(-1)!.message);
  if (!paused) tiles.show(entries);
  if (paused || detached || isReading()) holder.hold(entries);
  else feed.add(entries);
}

/** Somebody who scrolled into the rows is reading them. */
function isReading(): boolean {
  return feed.size > 0 && rows.getBoundingClientRect().top < 0;
}

/** Shows what was held back, from the top. */
function backToNow(): void {
  setPaused(false);
  scrollTo({ top: 0 });
  const entries = detached ? undefined : holder.release();
  if (entries) feed.add(entries);
  else startOver(topic);
}

/** Watches a topic from its newest messages on. */
function startOver(wanted: string): void {
  clear();
  connection.watch(wanted);
}

function clear(): void {
  for (const part of [feed, holder, countdown, tiles, plots]) part.clear();
  detached = false;
}

function showTopic(current: string): void {
  topic = current;
  showTopics(topics, topic, startOver);
  for (const format of ['csv', 'ndjson'] as const) {
    element<HTMLAnchorElement>(`export-${format}`).href = exportUrl(topic, format);
  }
}

async function loadOlder(): Promise<void> {
  const cursor = feed.older;
  if (cursor === null) return;
  olderButton.disabled = true;
  errorText.hidden = true;
  try {
    const entries = await fetchOlder(topic, cursor);
    if (feed.addOlder(entries)) detached = true;
  } catch (error) {
    setText(errorText, `Older messages could not be loaded: ${(error as Error).message}`);
    errorText.hidden = false;
  } finally {
    olderButton.disabled = false;
  }
}

function setPaused(wanted: boolean): void {
  paused = wanted;
  document.body.classList.toggle('paused', paused);
  pauseButton.setAttribute('aria-pressed', String(paused));
}

pauseButton.addEventListener('click', () => (paused ? backToNow() : setPaused(true)));
olderButton.addEventListener('click', () => void loadOlder());
filterInput.addEventListener('input', () => feed.filter(filterInput.value));
addEventListener('popstate', () => startOver(topicInAddress() ?? topics[0] ?? topic));

setInterval(() => paused || countdown.tick(Date.now()), COUNTDOWN_MS);
setInterval(() => {
  olderButton.hidden = feed.older === null;
  if (paused) return;
  feed.tick(Date.now());
  plots.draw(Date.now());
}, TICK_MS);
