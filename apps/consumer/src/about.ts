/** What a consumer says of itself to a viewer. */
export interface About {
  environment: string;
  banner: string;
  /** The topics that the viewer may see. */
  topics: string[];
  /** The names of a broadcast's fields, in the order of its schema. */
  fields: string[];
  /** How long the history keeps a message at most, in milliseconds. */
  retentionMs: number;
  /** The account of the viewer; null where there are no accounts. */
  account: string | null;
}

/** Which page a replica of the consumer serves. */
export interface PageBuild {
  /** The build's id: the same on every replica with the same page, another one when anything of it is different. */
  build: string;
  /**
   * When this replica began, in milliseconds since the Unix epoch. Of two that serve different pages, as they do during
   * a rollout, the one that began later has the page that everybody is to have; also when that is an older one, because
   * a release was taken back. Their clocks may differ by less than releases are apart.
   */
  servedSince: number;
}
