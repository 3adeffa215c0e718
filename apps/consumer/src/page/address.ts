/** What the page shows, as its address says it: a topic, what of it somebody looks for, and where in it they look. */
export interface Address {
  topic?: string | undefined;
  /** What the text has in it. */
  contains?: string | undefined;
  /** What the key is. */
  key?: string | undefined;
  /** A moment: ISO 8601, or milliseconds since the Unix epoch. */
  at?: string | undefined;
  /** A message, as partition/offset. */
  offset?: string | undefined;
  /** The first moment of a range, written as `at`. */
  from?: string | undefined;
  /** The first moment after a range. */
  to?: string | undefined;
}

const NAMES = ['topic', 'contains', 'key', 'at', 'offset', 'from', 'to'] as const;

/** Reads the address of the page. What is empty in it is as good as missing. */
export function readAddress(search = location.search): Address {
  const query = new URLSearchParams(search);
  return known((name) => query.get(name));
}

/** An address relative to that of the page, with nothing of what stood there before. */
export function addressOf(address: Address): string {
  const query = new URLSearchParams(known((name) => address[name]) as Record<string, string>).toString();
  // Nothing in a query needs these two escaped, and people read addresses.
  return query ? `?${query.replaceAll('%2F', '/').replaceAll('%3A', ':')}` : '.';
}

/** Where a message is shown in its surroundings: an address relative to that of the page. */
export function permalink(topic: string, partition: number, offset: number): string {
  return addressOf({ topic, offset: `${partition}/${offset}` });
}

function known(valueOf: (name: keyof Address) => string | null | undefined): Address {
  return Object.fromEntries(NAMES.flatMap((name) => (valueOf(name) ? [[name, valueOf(name)]] : [])));
}
