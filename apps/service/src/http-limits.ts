/**
 * What a client may take at most until its request is there. Node's own bounds are a minute and five, looked at each 30
 * s.
 */
export const HTTP_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
};
