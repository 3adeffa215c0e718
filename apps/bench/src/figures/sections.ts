/** A part of docs/figures.md: what one command measured. */
export interface Section {
  /** The name of its report. */
  name: string;
  title: string;
  command: string;
  /** How it was measured. */
  how: string;
}

const bench = (name: string, title: string, how: string): Section => ({
  name,
  title,
  command: `npm run bench -- ${name}`,
  how,
});

/** All of them, in the order of the page. */
export const SECTIONS: Section[] = [
  bench(
    'way',
    'The whole way',
    'The real producer broadcasts every tenth of a second through a real Kafka to 1,000 sockets on the real consumer. The first three times are of the record, in whole milliseconds; the others are of the processes, of which those of the bench note when something passes.',
  ),
  bench(
    'fanout',
    'Fan-out',
    'Messages to many clients. Ours reads each from a log, decodes it, keeps it in the history and sends it; the peers only send it. A delivery is one message at one client; deliveries per CPU second are by the processor time of the server alone. Latency is from when a message was due. Peers take turns, round after round; a figure is the middle of the rounds.',
  ),
  bench(
    'crowd',
    'Crowds',
    'As many clients as one core serves, from several addresses of this machine; and clients that all come back at once, with their positions, when their server was stopped and started anew.',
  ),
  bench(
    'ingest',
    'Ingest',
    'A topic of a real Kafka, read to one client who is there already, and by a consumer that has just started; beside a kafkajs consumer that does nothing.',
  ),
  bench(
    'history',
    'History',
    'Pages of 50 out of 1,000,000 rows over eight connections of HTTP, beside the same rows, index and application with `LIMIT … OFFSET`; pages around any time and any offset, a search through all rows for a word that is there once, and histograms of any part.',
  ),
  bench(
    'fairness',
    'Fairness',
    '100 clients live at 100/s, alone and beside four downloads of 1,000,000 rows and 1,000 clients that come back at once from 500 messages behind, twice. The longest stretch is how long the event loop stood still; by own CPU leaves out what others took of the machine.',
  ),
  bench(
    'start',
    'Start',
    'From the start of a process until `/readyz` says yes. `npm start` bundles its page then; the consumer has it from its image.',
  ),
  bench(
    'page',
    'The page',
    'In a real Chromium, warm and full: the time between its frames, and its heap after a garbage collection at the beginning and at the end.',
  ),
  {
    name: 'cluster',
    title: 'The cluster',
    command: 'npm run e2e',
    how: 'On a cluster of its own, which it makes and deletes. The pushes go to the git server in the cluster.',
  },
  {
    name: 'faults',
    title: 'Faults',
    command: 'npm run test:faults',
    how: 'Recovered is the time from the end of the fault until every client shows everything, by a checker that knows each record and what each client showed. A client to whom the history no longer reaches back is told of the gap.',
  },
  {
    name: 'pods',
    title: 'Pods that are deleted',
    command: 'npm run e2e -- --faults',
    how: 'Every pod of a part of the cluster at once, with a second to end in, while a browser and 200 sockets watch; judged by what Kafka itself has.',
  },
];
