import { element, setText } from './element.ts';

/** Failed tries in a row from which it is worth to ask why. A restart of the server takes fewer. */
const TRIES = 3;
/** Time for the answer, in milliseconds. */
const ANSWER_MS = 5_000;
const NO_WEBSOCKET =
  'The server answers, but no WebSocket comes through: the proxy between must speak HTTP/1.1 and pass on the headers Upgrade and Connection. Trying on.';

const notice = element('obstacle');

/** Finds out why no live connection comes about, where the server can be asked, and says so until there is one. */
export class Obstacle {
  #failures = 0;
  #asking = false;

  /** The connection was lost, or did not come about. */
  fail(): void {
    this.#failures += 1;
    if (this.#failures >= TRIES && !this.#asking) void this.#ask();
  }

  /** The server said something over the connection, were it no. */
  pass(): void {
    this.#failures = 0;
    notice.hidden = true;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const found = await findObstacle().catch(() => undefined);
    this.#asking = false;
    // It may have come about meanwhile.
    if (this.#failures === 0) return;
    notice.hidden = found === undefined;
    setText(notice, found ?? '');
  }
}

/** What stands between, in a sentence; nothing when the server is just away. */
async function findObstacle(): Promise<string | undefined> {
  const question = `api/live?${new URLSearchParams({ origin: location.origin })}`;
  const answer = await fetch(question, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (answer.status === 204) return NO_WEBSOCKET;
  // Anything else than these two a proxy said of itself.
  if (answer.status !== 403) return undefined;
  const { detail } = (await answer.json()) as { detail?: string };
  return detail && `Refused: ${detail}. Trying on.`;
}
