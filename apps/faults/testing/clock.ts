/**
 * For `node --import`: a signal SIGWINCH, which means nothing to a service, sets the clock of the process back by an
 * hour. Its timers go on, as they do in reality.
 */

const HOUR_MS = 3_600_000;
const RealDate = Date;
let shift = 0;

class ShiftedDate extends RealDate {
  constructor(...values: []) {
    if (values.length > 0) super(...values);
    else super(ShiftedDate.now());
  }

  static override now(): number {
    return RealDate.now() + shift;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
process.on('SIGWINCH', () => {
  shift -= HOUR_MS;
});
