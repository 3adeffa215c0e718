/** What a consumer says of itself to a viewer. */
export interface About {
  environment: string;
  banner: string;
  /** The topics that the viewer may see. */
  topics: string[];
  /** The account of the viewer; null where there are no accounts. */
  account: string | null;
}
