/** Tells whoever waits what is being measured. */
export function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
