import type { Access, Viewer } from '../access/index.ts';
import { isEverything } from '../history/index.ts';
import { type Audiences, TooManyFiltersError } from './audiences.ts';
import { HandshakeError, readHandshake } from './handshake.ts';
import type { Client } from './socket.io/client.ts';

interface AdmissionOptions {
  access: Access;
  audiences: Audiences;
  connectionsPerAccount: number;
  /** Everyone who is admitted. */
  clients: () => Iterable<Client>;
  onRefused: () => void;
}

/** Decides which clients come in, by their session and their handshake. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** A middleware of Socket.IO. Whom it lets in has all of `ClientData`. */
  async admit(client: Client, next: (error?: Error) => void): Promise<void> {
    const { access, onRefused } = this.#options;
    try {
      const { auth, headers } = client.handshake;
      const viewer = await access.viewerOf(headers.cookie);
      if (!viewer) throw new HandshakeError(401, 'sign in first');
      Object.assign(client.data, readHandshake(auth, access.topicsOf(viewer)), { viewer });
      this.#checkNumber(viewer);
      this.#addToAudience(client);
      next();
    } catch (error) {
      onRefused();
      next(error as HandshakeError);
    }
  }

  #checkNumber({ session }: Viewer): void {
    if (!session) return;
    const { connectionsPerAccount: most, clients } = this.#options;
    let count = 0;
    for (const { data } of clients()) if (data.viewer.session?.account === session.account) count += 1;
    if (count >= most)
      throw new HandshakeError(429, `this account has ${most} connections open, and may not have more`);
  }

  /**
   * Counts a client with a filter as one who watches so, until its connection is over, also when it never gets further
   * than here.
   */
  #addToAudience({ conn, data: { topic, filter } }: Client): void {
    if (isEverything(filter) || conn.readyState === 'closed') return;
    try {
      conn.once('close', this.#options.audiences.add(topic, filter));
    } catch (error) {
      if (error instanceof TooManyFiltersError) throw new HandshakeError(429, error.message);
      throw error;
    }
  }
}
