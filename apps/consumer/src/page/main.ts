import { askToSignIn, showAccount } from './account.ts';
import { readAddress } from './address.ts';
import { Announcer } from './announcer.ts';
import { Arrivals } from './arrivals.ts';
import { watchAttention } from './attention.ts';
import { Connection, type Refusal } from './connection.ts';
import { copyAsTable } from './copied-rows.ts';
import { Details } from './details.ts';
import { element, setText } from './element.ts';
import { type Entry, toEntries } from './entry.ts';
import { Feed } from './feed.ts';
import { knowFields } from './fields.ts';
import { Figures } from './figures.ts';
import { foldOnPhones } from './fold.ts';
import { GoTo } from './go-to.ts';
import { Guide } from './guide.ts';
import { exportUrl, fetchTopics } from './history-page.ts';
import { Holder } from './holder.ts';
import { Keys } from './keys.ts';
import { Obstacle } from './obstacle.ts';
import { hideRefusal, showRefusal } from './refusal.ts';
import { showRelease } from './release.ts';
import { RowFocus } from './row-focus.ts';
import { showState } from './screen.ts';
import { SearchBar } from './search-bar.ts';
import { ServerClock } from './server-clock.ts';
import { disconnected, holdsNew, isBusy, isPast } from './state.ts';
import { Store } from './store.ts';
import { showTopics } from './topics.ts';
import { viewOf } from './view.ts';

const COUNTDOWN_MS = 100;
const TICK_MS = 1_000;
const SIGN_IN_FIRST = 401;

let topics: string[] = [];
let partitions: number | undefined;

// The history may answer before the server says them over the connection.
knowFields(document.body.dataset['fields']?.split(' '));

const clock = new ServerClock(() => connection.askTime());
const now = () => clock.now();
const store = new Store(viewOf(readAddress()), draw);
const feed = new Feed(now, () => void guide.past.older());
const arrivals = new Arrivals(store, feed, new Holder());
const guide = new Guide({
  now,
  store,
  feed,
  arrivals,
  firstTopic: () => topics[0],
  onLeave(isOtherTopic) {
    details.close();
    hideRefusal();
    if (isOtherTopic) figures.clear();
  },
  onAsk({ topic, at: _at, offset: _offset, ...query }) {
    searchBar.follow(query);
    goTo.follow(query);
    showTopics(topics, topic);
    for (const format of ['csv', 'ndjson'] as const)
      element<HTMLAnchorElement>(`export-${format}`).href = exportUrl(topic, format, query);
    if (isPast(store.state)) figures.load(topic, store.state);
  },
  onWatch: (watched) => connection.watch(watched),
});
const searchBar = new SearchBar({
  onWords: (contains) => guide.lookFor({ contains }),
  onStop: () => guide.past.stop(),
  onGoOn: () => void guide.past.older(),
  onClear: () => guide.lookFor({ contains: undefined, key: undefined }),
});
const goTo = new GoTo({
  onTime: (time) => guide.goTo({ at: toAddress(time) }),
  onMessage: (offset) => guide.goToMessage(offset),
  onKey: (key) => guide.lookFor({ key }),
  partitions: () => partitions,
  now,
});
const rowFocus = new RowFocus((entry) => void details.open(entry));
const details = new Details({
  onOpen: () => store.change({ opened: true }),
  onMove: move,
  onClose() {
    rowFocus.return();
    store.change({ opened: false });
    arrivals.settle();
  },
});
const announcer = new Announcer();
const figures = new Figures({
  now,
  onSeek: (ms) => guide.goTo({ at: toAddress(ms) }),
  onRange: (from, to) => guide.goTo({ from: toAddress(from), to: toAddress(to) }),
});
const obstacle = new Obstacle();

const connection = new Connection(guide.watched, {
  onLive() {
    const isPlaceMissing = store.state.error !== null && isPast(store.state) && !feed.newest;
    store.change({ connection: { kind: 'live' }, error: null });
    // What could not be asked for without a connection can be now; what the server refuses it refuses again.
    if (isPlaceMissing) guide.ask();
  },
  onAway(kind, nextTryMs) {
    const nextTry = nextTryMs === null ? null : now() + nextTryMs;
    store.change({ connection: disconnected(store.state.connection, kind, nextTry, now()) });
    if (kind === 'lost') obstacle.fail();
  },
  onTry() {
    const link = store.state.connection;
    if (link.kind !== 'live') store.change({ connection: { ...link, nextTry: null } });
  },
  onRefused(refusal) {
    obstacle.pass();
    if (refusal.status === SIGN_IN_FIRST) askToSignIn();
    else void refuse(refusal);
  },
  onWelcome(about) {
    obstacle.pass();
    clock.hear(about.now);
    figures.welcome(about);
    knowFields(about.fields);
    showRelease(about);
    topics = about.topics;
    showAccount(about.account);
    if (guide.address.topic) showTopics(topics, guide.address.topic);
    setText(element('environment'), about.environment);
    setText(element('banner'), about.banner);
    document.title = about.banner;
  },
  onCatchUp(catchUp, resumed) {
    hideRefusal();
    partitions = catchUp.partitions;
    guide.meet(catchUp.topic);
    figures.show(catchUp, store.state);
    const entries = toEntries(catchUp, null);
    if (catchUp.recovered) return arrive(entries);
    figures.follow(catchUp.topic, entries.at(-1));
    if (resumed && !guide.isFiltered) arrivals.miss(entries, catchUp.missed);
    // What was missed of it has to be searched.
    else if (resumed && holdsNew(store.state)) arrivals.giveUp();
    else guide.begin(entries, catchUp.older);
    redraw();
  },
  onBatch: (batch) => arrive(toEntries(batch, now())),
  onRestarted() {
    // What is on the page is of the past, but somebody may be reading it.
    if (holdsNew(store.state)) arrivals.giveUp();
    else clear();
  },
});

/** Takes in what arrived live, or was missed and came then. */
function arrive(entries: Entry[]): void {
  if (entries.length === 0) return;
  figures.add(entries, store.state);
  if (guide.isFiltered) guide.past.addLive(feed.lacking(entries).length);
  if (!holdsNew(store.state)) announcer.add(entries.length);
  arrivals.add(entries);
}

/** Says why there is nothing live, unless there is meanwhile, or somebody has chosen another topic. */
async function refuse(refusal: Refusal): Promise<void> {
  const { topic } = guide.address;
  topics = await fetchTopics().catch(() => []);
  if (store.state.connection.kind !== 'live' && guide.address.topic === topic) showRefusal(refusal, topic, topics);
}

/** Goes to the next message, or to the one before, and opens it where one is open. */
function move(way: 'down' | 'up'): void {
  const entry = rowFocus.move(way);
  if (!details.isOpen) return;
  if (entry) void details.open(entry);
  else details.sayEnd(way);
}

/** Loads older messages, and goes on at the first of them, unless somebody went elsewhere meanwhile. */
async function loadOlder(): Promise<void> {
  const { last } = rowFocus;
  const { activeElement: before } = document;
  await guide.past.older();
  const { activeElement: after } = document;
  // A button that goes away leaves the focus to the whole page.
  if (after === before || after === document.body) rowFocus.moveBelow(last);
}

function clear(): void {
  for (const part of [feed, arrivals, announcer, figures]) part.clear();
  redraw();
}

function draw(): void {
  figures.hear(store.state);
  showState(store.state, now());
  searchBar.show(store.state.search, guide.address, now());
}

function redraw(): void {
  figures.draw(store.state);
  feed.tick(now());
}

/** A time, in milliseconds since the Unix epoch, as an address has it. */
function toAddress(time: number): string {
  return new Date(time).toISOString();
}

element('pause').addEventListener('click', () => {
  store.change({ paused: !store.state.paused });
  redraw();
  if (!isBusy(store.state)) guide.showHeld();
});
element('held').addEventListener('click', () => guide.backToNow());
element('older').addEventListener('click', () => void loadOlder());
element('newer').addEventListener('click', () => void guide.loadNewer());
watchAttention((attention) => {
  store.change(attention);
  arrivals.settle();
});
new Keys(move);
copyAsTable();
guide.ask();
foldOnPhones();
redraw();

setInterval(() => {
  if (!store.state.paused) figures.tick(store.state);
  if (store.state.connection.kind !== 'live') draw();
}, COUNTDOWN_MS);
setInterval(() => {
  clock.keep();
  if (!store.state.paused) redraw();
}, TICK_MS);
