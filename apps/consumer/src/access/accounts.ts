/** Somebody who may see some topics. */
export interface Account {
  name: string;
  topics: string[];
  /** Changes with what the account signs in by, so that sessions from before a change end. Not a secret. */
  credential: string;
}

/**
 * Who may see what. The port: the file's adapter is told a name and a password; one for OpenID Connect would be told
 * what the provider's redirect brings, and find the grants in the claims.
 */
export interface Accounts {
  /** The account of that name as it is now. */
  find(name: string): Account | undefined;
  /**
   * The account that signs in, or nothing when the fields do not prove it. Takes as long for a name that nobody has.
   *
   * @param fields what was sent to sign in, by name.
   */
  signIn(fields: Record<string, string>): Promise<Account | undefined>;
  /** Calls the listener after each change to any account. */
  onChange(listener: () => void): void;
  close(): void;
}
