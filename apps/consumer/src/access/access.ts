import type { Accounts } from './accounts.ts';
import type { Session, Sessions } from './sessions.ts';

/** Whoever looks: somebody with a session, or anybody where there are no accounts. */
export interface Viewer {
  session?: Session;
}

interface AccessOptions {
  /** Every topic that is shown here. */
  topics: string[];
  /** Missing where everyone may see everything. */
  accounts?: Pick<Accounts, 'find'>;
  sessions?: Sessions;
}

/** The one place that says who may see what. It is asked at each moment anew, since grants and sessions end. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether anybody may see everything. */
  get isOpen(): boolean {
    return this.#options.accounts === undefined;
  }

  /** Who sent a request with these cookies, or nothing if that is nobody who may look at anything. */
  async viewerOf(cookies: string | undefined): Promise<Viewer | undefined> {
    if (this.isOpen) return {};
    const session = await this.#options.sessions?.read(cookies);
    const viewer = session && { session };
    return viewer && this.isWelcome(viewer) ? viewer : undefined;
  }

  /** Whether a viewer's session and account are still good. */
  isWelcome(viewer: Viewer): boolean {
    return this.isOpen || this.#accountOf(viewer) !== undefined;
  }

  /** The topics that a viewer may see now. */
  topicsOf(viewer: Viewer): string[] {
    const { topics } = this.#options;
    if (this.isOpen) return topics;
    const granted = this.#accountOf(viewer)?.topics ?? [];
    return topics.filter((topic) => granted.includes(topic));
  }

  /** Whether a viewer may see a topic now. */
  maySee(viewer: Viewer, topic: string): boolean {
    return this.topicsOf(viewer).includes(topic);
  }

  #accountOf({ session }: Viewer) {
    const { accounts, sessions } = this.#options;
    if (!session || !sessions || sessions.isOver(session)) return undefined;
    const account = accounts?.find(session.account);
    // Who has a new password has to sign in with it.
    return account?.credential === session.credential ? account : undefined;
  }
}
