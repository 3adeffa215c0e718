import { askToSignIn, showAccount } from './account.ts';
import { Connection, type Refusal, type State } from './connection.ts';
import { Countdown } from './countdown.ts';
import { element, setText } from './element.ts';
import { type Entry, toEntries } from './entry.ts';
import { Feed } from './feed.ts';
import { knowFields } from './fields.ts';
import { exportUrl, fetchPage, fetchTopics } from './history-page.ts';
import { Holder } from './holder.ts';
import { Obstacle } from './obstacle.ts';
import { showState } from './pill.ts';
import { Plots } from './plots.ts';
import { hideRefusal, showRefusal } from './refusal.ts';
import { showRelease } from './release.ts';
import { ServerClock } from './server-clock.ts';
import { Tiles } from './tiles.ts';
import { showTopics, topicInAddress } from './topics.ts';

const COUNTDOWN_MS = 100;
const TICK_MS = 1_000;
const TRIES = 'This page tries again by itself, at least once a minute.';
const SIGN_IN_FIRST = 401;
/** Statuses by which there is nothing to see, unlike those of a server that has no room now. */
const NOTHING_TO_SEE = new Set([400, 403, 404]);

const olderButton = element<HTMLButtonElement>('older');
const pauseButton = element<HTMLButtonElement>('pause');
const filterInput = element<HTMLInputElement>('filter');
const errorText = element('error');
const log = element('log');

const clock = new ServerClock(() => connection.askTime());
const now = () => clock.now();
const feed = new Feed(now, () => void loadOlder());
const holder = new Holder(backToNow);
const countdown = new Countdown();
const tiles = new Tiles();
const plots = new Plots();
const obstacle = new Obstacle();

let topics: string[] = [];
let topic = topicInAddress() ?? '';
let state: State = 'connecting';
let paused = false;
let loading = false;
/** Whether messages are missing between what came last and what comes next. */
let missing = false;
/** Whether somebody scrolled into the rows. Looked at when they scroll, since looking at each message would cost a layout. */
let reading = false;

const connection = new Connection(topic || undefined, {
  onState(newState) {
    state = newState;
    showState(state);
    if (state === 'reconnecting') obstacle.fail();
  },
  onRefused(refusal) {
    obstacle.pass();
    if (refusal.status === SIGN_IN_FIRST) askToSignIn();
    else void refuse(refusal);
  },
  onWelcome(about) {
    obstacle.pass();
    clock.hear(about.now);
    knowFields((about as { fields?: unknown }).fields);
    showRelease(about);
    topics = about.topics;
    showAccount(about.account);
    if (topic) showTopics(topics, topic, startOver);
    setText(element('environment'), about.environment);
    setText(element('banner'), about.banner);
    document.title = about.banner;
  },
  onCatchUp(catchUp, resumed) {
    hideRefusal();
    showTopic(catchUp.topic);
    if (catchUp.recovered) return arrive(toEntries(catchUp, null));
    const entries = toEntries(catchUp, null);
    const last = entries.at(-1);
    if (last) {
      countdown.follow(last);
      tiles.follow(last);
    }
    if (resumed) {
      missing = true;
      show(entries);
    } else {
      holder.clear();
      feed.clear();
      feed.add(entries);
      redraw();
    }
  },
  onBatch: (batch) => arrive(toEntries(batch, now())),
  onRestarted() {
    // What is on the page is of the past, but somebody may be reading it.
    if (isHeld()) holder.giveUp();
    else clear();
  },
});

/** Takes in what arrived live, or was missed and came then. */
function arrive(entries: Entry[]): void {
  if (entries.length === 0) return;
  plots.add(entries);
  countdown.follow(entries.at(-1)!);
  tiles.add(entries);
  if (!paused) tiles.draw();
  show(entries);
}

function show(entries: Entry[]): void {
  if (missing && entries[0]) {
    entries[0].afterGap = true;
    missing = false;
  }
  if (isHeld()) holder.hold(entries);
  else feed.add(entries);
}

function isHeld(): boolean {
  return paused || holder.holding || reading;
}

/** Shows what was held back; the newest messages, when that is not all that came. */
function showHeld(): void {
  const entries = holder.release();
  if (entries) feed.add(entries);
  else connection.watch(topic);
}

/** Shows what was held back, from the top. */
function backToNow(): void {
  setPaused(false);
  // The button that was pressed goes away, and the focus must not.
  log.focus({ preventScroll: true });
  scrollTo({ top: 0, behavior: 'instant' });
  showHeld();
}

async function refuse({ reason, status, mayPass }: Refusal): Promise<void> {
  const refused = topic;
  const found = await fetchTopics().catch(() => []);
  // Meanwhile it may be live, or somebody may have chosen another topic.
  if (state === 'live' || topic !== refused) return;
  topics = found;
  const isUnknown = topics.length > 0 && !topics.includes(topic);
  const words = isUnknown ? `there is no topic ${topic} here: choose another` : reason;
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  const isAll = status !== undefined && NOTHING_TO_SEE.has(status);
  showRefusal(mayPass ? `${sentence} ${TRIES}` : sentence, topics, isAll, startOver);
}

/** Watches a topic from its newest messages on. */
function startOver(wanted: string): void {
  clear();
  hideRefusal();
  errorText.hidden = true;
  showTopic(wanted);
  connection.watch(wanted);
}

function clear(): void {
  missing = false;
  for (const part of [feed, holder, countdown, tiles, plots]) part.clear();
  redraw();
}

function showTopic(current: string): void {
  topic = current;
  showTopics(topics, topic, startOver);
  for (const format of ['csv', 'ndjson'] as const) {
    element<HTMLAnchorElement>(`export-${format}`).href = exportUrl(topic, format);
  }
}

async function loadOlder(): Promise<void> {
  if (loading) return;
  loading = true;
  errorText.hidden = true;
  try {
    await addOlder();
  } catch (error) {
    setText(errorText, `Older messages could not be loaded: ${(error as Error).message}`);
    errorText.hidden = false;
  } finally {
    loading = false;
  }
}

/** Adds the next rows of history, through as many pages as it takes to get below the last row. */
async function addOlder(): Promise<void> {
  const [from, cursor] = [topic, feed.older];
  if (cursor === null) return;
  const page = await fetchPage(from, cursor);
  if (topic !== from) return;
  // Meanwhile there may be other rows, which this page does not follow on.
  const isDone = feed.older === cursor && feed.addOlder(page);
  if (feed.detached) holder.giveUp();
  if (!isDone) await addOlder();
}

function setPaused(wanted: boolean): void {
  paused = wanted;
  holder.quiet = paused;
  document.body.classList.toggle('paused', paused);
  pauseButton.setAttribute('aria-pressed', String(paused));
  redraw();
}

function redraw(): void {
  const time = now();
  countdown.tick(time);
  tiles.draw();
  feed.tick(time);
  plots.draw(time);
}

pauseButton.addEventListener('click', () => {
  setPaused(!paused);
  if (!paused && !reading) showHeld();
});
olderButton.addEventListener('click', () => void loadOlder());
filterInput.addEventListener('input', () => feed.filter(filterInput.value));
addEventListener('popstate', () => startOver(topicInAddress() ?? topics[0] ?? topic));
// Back at the top, nobody is reading any more.
addEventListener('scroll', () => {
  reading = log.getBoundingClientRect().top < 0;
  if (holder.holding && holder.complete && !paused && !reading) showHeld();
});

setInterval(() => paused || countdown.tick(now()), COUNTDOWN_MS);
setInterval(() => {
  clock.keep();
  if (!paused) redraw();
}, TICK_MS);
