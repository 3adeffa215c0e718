/** Something that the bench needs and that cannot be had on this machine; the message says why. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
}
