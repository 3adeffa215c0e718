import { askToSignIn, showAccount } from './account.ts';
import { type Address, readAddress } from './address.ts';
import { Announcer } from './announcer.ts';
import { Arrivals } from './arrivals.ts';
import { watchAttention } from './attention.ts';
import { Connection, type Refusal, type Watched } from './connection.ts';
import { copyAsTable } from './copied-rows.ts';
import { Countdown } from './countdown.ts';
import { Details } from './details.ts';
import { element, setText } from './element.ts';
import { type Entry, toEntries } from './entry.ts';
import { Feed } from './feed.ts';
import { knowFields } from './fields.ts';
import { foldOnPhones } from './fold.ts';
import { GoTo } from './go-to.ts';
import { Heading } from './heading.ts';
import { Histogram, type Range } from './histogram.ts';
import { exportUrl, fetchTopics } from './history-page.ts';
import { Holder } from './holder.ts';
import { Keys } from './keys.ts';
import { Latencies } from './latencies.ts';
import { Navigation } from './navigation.ts';
import { Obstacle } from './obstacle.ts';
import { Past } from './past.ts';
import { placeIn } from './place.ts';
import { hideRefusal, showRefusal } from './refusal.ts';
import { showRelease } from './release.ts';
import { RowFocus } from './row-focus.ts';
import { showState, showWords } from './screen.ts';
import { SearchBar } from './search-bar.ts';
import { ServerClock } from './server-clock.ts';
import { disconnected, hearsAll, holdsNew, isBusy, isPast, SEARCH_AT_START } from './state.ts';
import { Store } from './store.ts';
import { Tiles } from './tiles.ts';
import { showTopics } from './topics.ts';
import { viewOf } from './view.ts';

const COUNTDOWN_MS = 100;
const TICK_MS = 1_000;
const TRIES = 'This page tries again by itself, at least once a minute.';
const SIGN_IN_FIRST = 401;
/** Statuses by which there is nothing to see, unlike those of a server that has no room now. */
const NOTHING_TO_SEE = new Set([400, 403, 404]);

const placeText = element('place');
const log = element('log');

let topics: string[] = [];
let partitions: number | undefined;
/** When the next broadcast of a topic is due, where the server knows it. */
let due: Record<string, number> = {};
let address = readAddress();

const clock = new ServerClock(() => connection.askTime());
const now = () => clock.now();
const store = new Store(viewOf(address), draw);
const navigation = new Navigation(show);
const feed = new Feed(now, () => void past.older());
const arrivals = new Arrivals(store, feed, new Holder());
const past = new Past(feed, {
  onAnswer(error) {
    store.change({ error });
    noteDropped();
  },
  onSearch(search) {
    store.change({ search: { ...search } });
    noteDropped();
  },
});
const searchBar = new SearchBar({
  onWords: (contains) => lookFor({ ...everywhere(), contains }),
  onStop: () => past.stop(),
  onGoOn: () => void past.older(),
  onClear: () => navigation.go({ ...everywhere(), contains: undefined, key: undefined }),
});
const goTo = new GoTo({
  onPlace: (place) => navigation.go({ topic: address.topic, ...place }),
  onKey: (key) => navigation.go({ ...everywhere(), key }),
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
const countdown = new Countdown();
const tiles = new Tiles();
const heading = new Heading();
const histogram = new Histogram({
  now,
  onSeek: (ms) => navigation.go({ ...watched(), at: new Date(ms).toISOString() }),
  onRange(from, to) {
    const [first, last] = [from, to].map((ms) => new Date(ms).toISOString());
    navigation.go({ ...watched(), from: first, to: last });
  },
});
const latencies = new Latencies(now);
const obstacle = new Obstacle();

const connection = new Connection(watched(), {
  onLive: () => store.change({ connection: { kind: 'live' }, error: null }),
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
    due = about.due ?? {};
    knowFields(about.fields);
    showRelease(about);
    heading.keep(about.retentionMs);
    topics = about.topics;
    showAccount(about.account);
    if (address.topic) showTopics(topics, address.topic);
    setText(element('environment'), about.environment);
    setText(element('banner'), about.banner);
    document.title = about.banner;
  },
  onCatchUp(catchUp, resumed) {
    hideRefusal();
    partitions = catchUp.partitions;
    const isTopicNew = address.topic === undefined;
    address = { ...address, topic: catchUp.topic };
    if (isTopicNew) ask();
    heading.show(isFiltered() ? { topic: catchUp.topic, partitions } : catchUp);
    histogram.load(catchUp.topic, rangeShown());
    const entries = toEntries(catchUp, null);
    if (catchUp.recovered) return arrive(entries);
    const last = entries.at(-1);
    if (last) {
      countdown.follow(last);
      tiles.follow(last);
    }
    countdown.expect(due[catchUp.topic], now());
    if (!resumed) begin(entries, catchUp.older);
    else if (!isFiltered()) arrivals.miss(entries, catchUp.missed);
    // What was missed has to be searched.
    else if (holdsNew(store.state)) arrivals.giveUp();
    else begin(entries, catchUp.older);
  },
  onBatch: (batch) => arrive(toEntries(batch, now())),
  onRestarted() {
    // What is on the page is of the past, but somebody may be reading it.
    if (holdsNew(store.state)) arrivals.giveUp();
    else clear();
  },
});

/** What of a topic comes live, by the address. */
function watched(): Watched {
  const { topic, contains, key } = address;
  return { topic, contains, key };
}

/** The address without a place in particular, which whoever looks for something else leaves. */
function everywhere(): Address {
  return { ...address, at: undefined, offset: undefined };
}

function isFiltered(): boolean {
  return address.contains !== undefined || address.key !== undefined;
}

/** Shows what an address says. */
function show(wanted: Address): void {
  details.close();
  const before = watched();
  address = { ...wanted, topic: wanted.topic ?? topics[0] ?? address.topic };
  const isSame = JSON.stringify(watched()) === JSON.stringify(before);
  if (address.topic !== before.topic)
    for (const part of [countdown, tiles, heading, histogram, latencies]) part.clear();
  if (!isSame) feed.clear();
  hideRefusal();
  store.change({ view: viewOf(address), error: null });
  arrivals.clear();
  ask();
  if (!isSame || !isPast(store.state)) connection.watch(watched());
}

/** Asks the history for what the address says; the newest messages come over the connection. */
function ask(): void {
  const { topic, at: _at, offset: _offset, ...query } = address;
  if (topic === undefined) return;
  past.ask({ topic, query });
  store.change({ search: isFiltered() ? SEARCH_AT_START : null });
  searchBar.follow(address);
  goTo.follow(address);
  showWords(placeText, null);
  showTopics(topics, topic);
  for (const format of ['csv', 'ndjson'] as const)
    element<HTMLAnchorElement>(`export-${format}`).href = exportUrl(topic, format, query);
  if (!isPast(store.state)) return;
  histogram.load(topic, rangeShown());
  void openPlace();
}

/** Shows the place of the history that the address says. */
async function openPlace(): Promise<void> {
  const { at, offset } = address;
  const { view } = store.state;
  const page = await past.open({ at, offset });
  if (!page) return;
  const place = placeIn(page, view, now());
  store.change({ view: place.view });
  showWords(placeText, place.words);
  if (place.entry) feed.point(place.entry, place.isFound);
  if (isFiltered()) await past.search(page);
}

/** Begins with the newest messages, oldest first, or with what is found from there on. */
function begin(entries: Entry[], older: string | null): void {
  if (!isPast(store.state)) feed.clear();
  if (!isPast(store.state) && isFiltered()) {
    const nothing = { entries: [], next: older };
    feed.begin(nothing);
    void past.search(nothing);
  }
  arrivals.begin(entries);
  redraw();
}

/** Takes in what arrived live, or was missed and came then. */
function arrive(entries: Entry[]): void {
  if (entries.length === 0) return;
  countdown.follow(entries.at(-1)!);
  for (const part of [tiles, latencies]) part.add(entries);
  if (!isFiltered()) for (const part of [heading, histogram]) part.add(entries);
  if (!store.state.paused) tiles.draw();
  if (isFiltered()) past.addLive(feed.lacking(entries).length);
  if (!holdsNew(store.state)) announcer.add(entries.length);
  arrivals.add(entries);
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
  await past.older();
  const { activeElement: after } = document;
  // A button that goes away leaves the focus to the whole page.
  if (after === before || after === document.body) rowFocus.moveBelow(last);
}

/** Looks for other words: while somebody types on, it is one address for the browser's way back. */
function lookFor(wanted: Address): void {
  if (wanted.contains !== undefined && address.contains !== undefined) navigation.refine(wanted);
  else navigation.go(wanted);
}

/** Shows what was held back, or goes back from the past, to the top. */
function backToNow(): void {
  store.change({ paused: false });
  // The button that was pressed goes away, and the focus must not.
  log.focus({ preventScroll: true });
  scrollTo({ top: 0, behavior: 'instant' });
  if (!isPast(store.state)) showHeld();
  else if (!join()) navigation.go(watched());
}

/** Goes on live from the rows of the past, if these go up to the newest. Around a range there is more. */
function join(): boolean {
  const isRange = address.from !== undefined || address.to !== undefined;
  if (isRange || feed.newer !== null || !arrivals.join()) return false;
  address = watched();
  showWords(placeText, null);
  navigation.note(address);
  return true;
}

/** Shows what was held back; the newest messages, when that is not all that came. */
function showHeld(): void {
  if (!arrivals.show()) connection.watch(watched());
}

/** Notes that somebody went so far back that the newest rows fell out. */
function noteDropped(): void {
  if (feed.newer === null || isPast(store.state)) return;
  store.change({ view: { kind: 'at', time: feed.newest?.message.time ?? null } });
}

async function loadNewer(): Promise<void> {
  await past.newer();
  if (feed.newer === null && !join()) navigation.go(watched());
}

async function refuse({ reason, status, mayPass }: Refusal): Promise<void> {
  const refused = address.topic;
  topics = await fetchTopics().catch(() => []);
  // Meanwhile it may be live, or somebody may have chosen another topic.
  if (store.state.connection.kind === 'live' || address.topic !== refused) return;
  const isUnknown = topics.length > 0 && refused !== undefined && !topics.includes(refused);
  const words = isUnknown ? `there is no topic ${refused} here: choose another` : reason;
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  const isAll = status !== undefined && NOTHING_TO_SEE.has(status);
  showRefusal(mayPass ? `${sentence} ${TRIES}` : sentence, topics, isAll);
}

function clear(): void {
  for (const part of [feed, arrivals, announcer, countdown, tiles, heading, histogram, latencies]) part.clear();
  redraw();
}

/** The range of time that somebody chose, if they did. */
function rangeShown(): Range | undefined {
  const { view } = store.state;
  return view.kind === 'range' ? view : undefined;
}

function draw(): void {
  latencies.setUnseen(store.state.connection.kind === 'live' ? null : now());
  histogram.setUnseen(hearsAll(store.state) ? null : now());
  showState(store.state, now());
  searchBar.show(store.state.search, address, now());
}

function redraw(): void {
  const time = now();
  countdown.tick(time, hearsAll(store.state));
  tiles.draw();
  feed.tick(time);
  for (const part of [heading, histogram, latencies]) part.draw();
}

element('pause').addEventListener('click', () => {
  store.change({ paused: !store.state.paused });
  redraw();
  if (!isBusy(store.state)) showHeld();
});
element('held').addEventListener('click', backToNow);
element('older').addEventListener('click', () => void loadOlder());
element('newer').addEventListener('click', () => void loadNewer());
watchAttention((attention) => {
  store.change(attention);
  arrivals.settle();
});
new Keys(move);
copyAsTable();
ask();

foldOnPhones();
redraw();
setInterval(() => {
  if (!store.state.paused) countdown.tick(now(), hearsAll(store.state));
  if (store.state.connection.kind !== 'live') draw();
}, COUNTDOWN_MS);
setInterval(() => {
  clock.keep();
  if (!store.state.paused) redraw();
}, TICK_MS);
