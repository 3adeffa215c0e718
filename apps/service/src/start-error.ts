/** A reason not to start that the user can mend; its message says how. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
