import type { PageBuild } from '../about.ts';

/** The build that an open page is of, against those that the replicas serve to which it connects. */
export class OwnBuild {
  readonly #id: string;
  /** When the last of the replicas began that are known to serve it. */
  #servedSince: number;

  constructor({ build, servedSince }: PageBuild) {
    this.#id = build;
    this.#servedSince = servedSince;
  }

  /**
   * Whether a replica serves the page that is to take this one's place. Not if it is one of before, which goes away as
   * soon as the rollout is over; one of a version that does not say what it serves is such a one.
   */
  isReplacedBy({ build, servedSince }: Partial<PageBuild>): boolean {
    if (build === undefined || servedSince === undefined) return false;
    if (build !== this.#id) return servedSince > this.#servedSince;
    this.#servedSince = Math.max(this.#servedSince, servedSince);
    return false;
  }
}
