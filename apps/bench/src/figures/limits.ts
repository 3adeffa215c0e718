const FEW_CLIENTS =
  'A message costs about 1 ms of processor time before anybody gets it: it is decoded, checked, kept, and found by a process with cold caches. Among 100 clients that is half of all; among 5,000 it is nothing.';
const PINGS =
  'One write for each client, as ws does it. On top come a message’s own millisecond and Socket.IO’s ping of each client, 136 µs.';

/**
 * What a goal that is not met runs into, by section and goal: what a profile says, what a system call costs, or a
 * peer's own figure. It stands beside the goal for as long as that is not met.
 */
export const LIMITS: Record<string, Record<string, string>> = {
  fanout: {
    "100 × 100: deliveries per CPU s, of Flask-SocketIO's": FEW_CLIENTS,
    "100 × 10: deliveries per CPU s, of ws's": FEW_CLIENTS,
    "100 × 10: deliveries per CPU s, of Socket.IO's": FEW_CLIENTS,
    "100 × 10: deliveries per CPU s, of Flask-SocketIO's": FEW_CLIENTS,
    "100 × 1: deliveries per CPU s, of ws's": FEW_CLIENTS,
    "100 × 1: deliveries per CPU s, of Socket.IO's": FEW_CLIENTS,
    "100 × 1: deliveries per CPU s, of Flask-SocketIO's": FEW_CLIENTS,
    "1,000 × 100: deliveries per CPU s, of ws's":
      'The rest after a batch, 10 ms while there is processor time to spare, puts one or two messages into a write. The 75 ms of before made it 4 ×, at a p99 of 87 ms.',
    "1,000 × 1: deliveries per CPU s, of ws's": PINGS,
    "1,000 × 1: deliveries per CPU s, of Socket.IO's": PINGS,
    "5,000 × 1: deliveries per CPU s, of Socket.IO's": PINGS,
    "10,000 × 1: deliveries per CPU s, of ws's": PINGS,
    '5,000 × 100: p99':
      'A write of each batch to 5,000 sockets takes 40 ms, and a rest as long as the processor needs comes after it. ws has 3.6 s here.',
    "1,000 × 10, TLS: deliveries per CPU s, of ws's":
      'Each connection encrypts each write for itself, which no encoding once can spare; the profile shows mostly that, and a message’s own millisecond.',
    "1,000 × 10, TLS: deliveries per CPU s, of Socket.IO's": 'Encryption is most of it, and the same for both.',
    'a message, processor time':
      'Decoding and zod 70 µs, SQLite 30 µs, cursor and metrics 40 µs by micro-benchmarks; the rest is a process that wakes ten times a second with cold caches.',
    'idle, processor time a second': 'Half of it are the pings of 100 clients, which Socket.IO sends one by one.',
  },
  ingest: {
    "ours, to one client: of the bare consumer's records/s":
      'Of the time 27 % are decoding to messages, 21 % SQLite, 10 % sending, 16 % rests between batches. The bare consumer does none of it.',
    'peak RSS meanwhile':
      'It rises with speed: garbage of the records of the last fetches. A smaller young generation takes 60 MB off one row and puts 60 MB on the other.',
  },
  fairness: {
    '4 exports, 2 storms from 500 behind: longest stretch':
      'A few pieces of 2 ms each, connections that come in one go, and once in a while a collection of garbage on top.',
  },
  start: {
    'npm start, empty: ready': 'Node’s own start takes 40 ms, and compiling and bundling the page most of the rest.',
  },
  page: {
    '100 messages/s: longest frame': 'One frame of 600 is late, on two cores that Chromium shares with the services.',
  },
  cluster: {
    'up, from nothing':
      'It takes 160 s of processor time in the node and 27 s outside it, on two cores. Others used them at its beginning.',
    'up, second run': 'Not taken apart. Kubernetes, Argo CD and five Kafka nodes run on the same two cores.',
    'cores that all pods take, idle':
      'Measured as soon as everything is live, when the JVMs still compile; some minutes later it was 0.10.',
    'push -> seen in the browser':
      'All that an environment has is compared and applied: without ApplyOutOfSyncOnly, which ended producers, that takes 2 s more.',
    'code committed -> npm run ship -> seen in dev':
      'The image is built, loaded and rolled out on the two cores that run the cluster.',
    'up, after minikube stop, offline': 'Two cores start Kubernetes, Argo CD, five Kafka nodes and seven pods of ours.',
  },
};
